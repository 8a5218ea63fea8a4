// Go's view of text as runes: case mapping, white space and replacement of invalid bytes, as Loki's stages see it.
#pragma once

#include <string>
#include <string_view>

namespace cordwood::pipeline {

// Simple case mappings of Unicode (one rune to one rune), as Go's unicode.ToLower and unicode.ToUpper.
char32_t to_lower_rune(char32_t rune);
char32_t to_upper_rune(char32_t rune);
// White space as in Go's unicode.IsSpace.
bool is_space_rune(char32_t rune);
bool is_letter_rune(char32_t rune);
bool is_digit_rune(char32_t rune);

// Rune by rune; an invalid byte becomes U+FFFD, as Go's strings.Map does.
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);

// strings.TrimSpace.
std::string_view trim_space(std::string_view text);

bool is_ascii(std::string_view text);
// True when `text` holds an invalid byte or U+FFFD itself.
bool has_replacement_rune(std::string_view text);
// Appends `text` with every invalid byte and every U+FFFD replaced by one space: values of labels never hold them.
void append_without_replacement_runes(std::string& out, std::string_view text);

// Case-insensitive substring test as Loki's `(?i)literal` line filters do it: `lower_needle` has been through to_lower;
// a rune of `line` matches when it or its lower case equals the needle's.
bool contains_folded(std::string_view line, std::string_view lower_needle);

}  // namespace cordwood::pipeline
