#include "pipeline/gotemplate/template.h"

#include <gtest/gtest.h>

#include "pipeline/gotemplate/parser.h"

namespace cordwood::pipeline::gotemplate {
namespace {

const std::vector<LabelView> kLabels = {{"bar", "blop"},
                                        {"empty", ""},
                                        {"foo", "blip"},
                                        {"json", R"({"a":{"b":[1,2.5,"x",null,true]},"n":null})"},
                                        {"num", "42"}};

std::string run(std::string_view text) {
  const base::StatusOr<Template> compiled = Template::parse("line", text);
  if (!compiled.ok()) return "build: " + std::string(base::message_of(compiled.status()));
  std::string out;
  const CallContext context{.line = "the line", .timestamp = {1656353124120000000}, .now = {1700000000000000000}};
  const base::Status status = compiled->execute(kLabels, context, out);
  return status.ok() ? out : "error: " + std::string(base::message_of(status));
}

struct Case {
  std::string_view text;
  std::string_view want;
};

void expect(std::initializer_list<Case> cases) {
  for (const Case& one : cases) EXPECT_EQ(run(one.text), one.want) << one.text;
}

TEST(Template, TextFieldsAndTrimming) {
  expect({{"", ""},
          {"plain }} text", "plain }} text"},
          {"a{{.foo}}b{{ .missing }}c", "ablipbc"},
          {"x  {{- .foo -}}  y", "xblipy"},
          {"x {{/* a comment }} */}} y", "x  y"},
          {"x {{- /* a comment */ -}} y", "xy"},
          {"{{.}}", "map[bar:blop empty: foo:blip json:{\"a\":{\"b\":[1,2.5,\"x\",null,true]},\"n\":null} num:42]"},
          {"{{$}}", run("{{.}}")},
          {"{{$.foo}}", "blip"}});
}

TEST(Template, LiteralsKeepTheirTypes) {
  expect({{"{{1}} {{1.0}} {{1e3}} {{0x10}} {{'a'}} {{true}} {{`raw`}} {{\"q\\n\"}}", "1 1 1000 16 97 true raw q\n"},
          {"{{printf \"%T %T %T %T %T\" 1 1.5 \"s\" true .foo}}", "int float64 string bool string"},
          {"{{eq 1 1.0}}",
           "error: template: line:1:2: executing \"line\" at <eq 1 1.0>: error calling eq: incompatible types for "
           "comparison"},
          {"{{nil}}", "error: template: line:1:2: executing \"line\" at <nil>: nil is not a command"}});
}

TEST(Template, Control) {
  expect({{"{{if .foo}}a{{else}}b{{end}}{{if .empty}}a{{else if .bar}}c{{else}}b{{end}}", "ac"},
          {"{{with .foo}}[{{.}}]{{end}}{{with .empty}}x{{else}}none{{end}}", "[blip]none"},
          {"{{with .empty}}x{{else with .bar}}<{{.}}>{{end}}", "<blop>"},
          {"{{range $i, $e := (fromJson .json).a.b}}{{$i}}={{$e}};{{end}}", "0=1;1=2.5;2=x;3=<no value>;4=true;"},
          {"{{range (fromJson .json).n}}x{{else}}none{{end}}", "none"},
          {"{{range 3}}{{.}}{{end}}", "012"},
          {"{{range $k, $v := .}}{{if eq $k \"foo\"}}{{break}}{{end}}{{$k}},{{end}}", "bar,empty,"},
          {"{{range $k, $v := .}}{{if ne $k \"foo\"}}{{continue}}{{end}}{{$v}}{{end}}", "blip"},
          {"{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", "2"},
          {"{{$x := 1}}{{if true}}{{$x := 2}}{{end}}{{$x}}", "1"},
          {"{{define \"t\"}}<{{.}}>{{end}}{{template \"t\" .foo}}{{template \"t\"}}", "<blip><<no value>>"},
          {"{{block \"b\" .bar}}[{{.}}]{{end}}", "[blop]"}});
}

TEST(Template, Builtins) {
  expect({{"{{and 1 0}} {{and 1 2}} {{or 0 \"\" 3}} {{or 0 \"\"}} {{not 0}}", "0 2 3  true"},
          {"{{and .empty (index 1 2)}}", ""},  // the second is never evaluated
          {"{{eq .foo \"x\" \"blip\"}} {{ne 1 2}} {{lt 1 2}} {{le 2 2}} {{gt \"b\" \"a\"}} {{ge 1.5 2.5}}",
           "true true true true true false"},
          {"{{len .foo}} {{len .}} {{index . \"foo\"}} {{index (fromJson .json) \"a\" \"b\" 2}} {{slice .foo 1 3}}",
           "4 5 blip x li"},
          {"{{index .foo 0}} {{printf \"%c\" 98}}", "98 b"},
          {"{{print 1 2 \"a\" \"b\" 3}}|{{println 1 \"a\"}}|", "1 2ab3|1 a\n|"},
          {"{{html \"<a href='x'>&\"}} {{js \"it's <b>\"}} {{urlquery \"a b&c\"}}",
           "&lt;a href=&#39;x&#39;&gt;&amp; it\\'s \\u003Cb\\u003E a+b%26c"},
          {"{{len 3}}", "error: template: line:1:2: executing \"line\" at <len 3>: error calling len: len of type int"},
          {"{{index .foo 9}}",
           "error: template: line:1:2: executing \"line\" at <index .foo 9>: error calling index: index out of range: "
           "9"}});
}

TEST(Template, Printf) {
  expect({{"{{printf \"%5d|%-5d|%05d|%+d|%x|%X|%#x|%o|%b\" 42 42 42 42 255 255 255 8 5}}",
           "   42|42   |00042|+42|ff|FF|0xff|10|101"},
          {"{{printf \"%s|%10s|%-10s|%.2s|%q\" .foo .foo .foo .foo .foo}}", "blip|      blip|blip      |bl|\"blip\""},
          {"{{printf \"%f|%.2f|%8.3f|%e|%g|%v\" 3.14159 3.14159 3.14159 1234.5 0.00001 2.0}}",
           "3.141590|3.14|   3.142|1.234500e+03|1e-05|2"},
          {"{{printf \"%t|%v|%%|%T\" true nil 1}}", "true|<nil>|%|int"},
          {"{{printf \"%d\" .foo}}", "%!d(string=blip)"},
          {"{{printf \"%d %d\" 1}}", "1 %!d(MISSING)"},
          {"{{printf \"%d\" 1 2}}", "1%!(EXTRA int=2)"},
          {"{{printf \"x%\"}}", "x%!(NOVERB)"},
          {"{{printf \"%[2]d %[1]d\" 1 2}}", "2 1"},
          {"{{printf \"%*d\" 5 42}}", "   42"},
          {"{{printf \"%x\" \"hi\"}}", "6869"}});
}

TEST(Template, Strings) {
  expect({{"{{ToUpper .foo}} {{title \"hello wörld x_y\"}} {{Trim \"xxaxx\" \"x\"}} {{trimAll \"$\" \"$5$\"}}",
           "BLIP Hello Wörld X_y a 5"},
          {"{{TrimLeft \"xxaxx\" \"x\"}} {{TrimRight \"xxaxx\" \"x\"}} {{TrimPrefix .foo \"bl\"}} {{.foo | trimSuffix "
           "\"ip\"}}",
           "axx xxa ip bl"},
          {"{{Replace .foo \"\" \"-\" -1}} {{Replace \"aaa\" \"a\" \"b\" 2}}", "-b-l-i-p- bba"},
          {"{{ .foo | trunc -2 }} {{ substr 1 3 .foo }} {{ repeat 3 \"ab\" }}|{{ nindent 2 \"a\\nb\" }}",
           "ip li ababab|\n  a\n  b"},
          {"{{ repeat -1 \"x\" }}",
           "error: template: line:1:3: executing \"line\" at <repeat -1 \"x\">: error calling repeat: strings: "
           "negative Repeat count"},
          {"{{ b64enc \"\" }}{{ b64enc \"a\" }} {{ b64dec \"!\" }}", "YQ== illegal base64 data at input byte 0"},
          {"{{ urldecode \"a%2\" }}",
           "error: template: line:1:3: executing \"line\" at <urldecode \"a%2\">: error calling urldecode: invalid URL "
           "escape \"%2\""},
          {"{{ __line__ | count \"e\" }} {{ regexReplaceAll \"(l)(i)\" .foo \"$2$1\" }}", "2 bilp"},
          {"{{ fromJson \"{\" }} {{ (fromJson .json).missing }}", "<no value> <no value>"},
          {"{{ .foo.bar }}",
           "error: template: line:1:7: executing \"line\" at <.foo.bar>: can't evaluate field bar in type string"}});
}

TEST(Template, Numbers) {
  expect({{"{{add 1 \"2\" 3.9}} {{sub 5 3}} {{mul 2 3 4}} {{div 7 2}} {{mod 7 4}} {{int \"0x10\"}} {{int \"abc\"}} "
           "{{float64 \"2.50\"}}",
           "6 2 24 3 3 16 0 2.5"},
          {"{{addf 0.1 0.2}} {{subf 1 0.9}} {{mulf 1.1 3}} {{divf 10 4}} {{divf 1 3}}",
           "0.3 0.1 3.3 2.5 0.3333333333333333"},
          {"{{max 1 \"7\" 3}} {{min 4 2}} {{maxf 1.5 2}} {{minf 1.5 2}} {{ceil 1.2}} {{floor 1.8}} {{round 2.345 2}} "
           "{{round 2.5 0 0.6}}",
           "7 2 2 1.5 2 1 2.35 2"},
          {"{{bytes \"3 kB\"}} {{duration \"1m30s\"}} {{default \"d\" .empty}} {{default \"d\" 0}} {{default 1}}",
           "3000 90 d d 1"},
          {"{{div 1 0}}",
           "error: template: line:1:2: executing \"line\" at <div 1 0>: error calling div: runtime error: integer "
           "divide by zero"},
          {"{{divf 1 0}}",
           "error: template: line:1:2: executing \"line\" at <divf 1 0>: error calling divf: decimal division by 0"},
          {"{{ .num | trunc \"x\" }}",
           "error: template: line:1:16: executing \"line\" at <\"x\">: expected integer; found \"x\""},
          {"{{ trunc .num .foo }}",
           "error: template: line:1:9: executing \"line\" at <.num>: wrong type for value; expected int; got string"}});
}

TEST(Template, Times) {
  expect({{"{{ __timestamp__ | unixEpoch }} {{ unixEpochMillis __timestamp__ }} {{ (__timestamp__).Year }} {{ "
           "__timestamp__.Month }}",
           "1656353124 1656353124120 2022 June"},
          {"{{ now | date \"2006-01-02T15:04:05Z07:00\" }} {{ date \"2006\" 0 }}", "2023-11-14T22:13:20Z 1970"},
          {"{{ (__timestamp__).Format \"15:04\" }} {{ ((now).Sub __timestamp__).String }} {{ (now).Weekday }}",
           "18:05 12124h7m55.88s Tuesday"},
          {"{{ toDate \"2006-01-02\" \"nonsense\" }}", "0001-01-01 00:00:00 +0000 UTC"},
          {"{{ unixToTime \"19373\" }}", "2023-01-16 00:00:00 +0000 UTC"},
          {"{{ unixEpoch .foo }}",
           "error: template: line:1:13: executing \"line\" at <.foo>: wrong type for value; expected time.Time; got "
           "string"}});
}

TEST(Template, BuildErrors) {
  expect({{"{{", "build: template: line:1: unclosed action"},
          {"a\n{{.foo", "build: template: line:2: unclosed action"},
          {"{{ nosuchfunc }}", "build: template: line:1: function \"nosuchfunc\" not defined"},
          {"{{ $x }}", "build: template: line:1: undefined variable \"$x\""},
          {"{{ if .foo }}", "build: template: line:1: unexpected EOF"},
          {"{{ end }}", "build: template: line:1: unexpected {{end}}"},
          {"{{ }}", "build: template: line:1: missing value for command"},
          {"{{ .foo | \"x\" }}", "build: template: line:1: non executable command in pipeline stage 2"},
          {"{{ (.foo }}", "build: template: line:1: unclosed left paren"},
          {"{{ \"x }}", "build: template: line:1: unterminated quoted string"},
          {"{{ break }}", "build: template: line:1: {{break}} outside {{range}}"},
          {"{{/* x", "build: template: line:1: unclosed comment"}});
}

TEST(Template, EverythingIsBounded) {
  EXPECT_NE(run("{{range 1000000000}}{{end}}").find("exceeded"), std::string::npos);
  EXPECT_NE(run("{{define \"r\"}}{{template \"r\"}}{{end}}{{template \"r\"}}").find("exceeded maximum template depth"),
            std::string::npos);
  EXPECT_NE(run("{{repeat 1000000000000 \"x\"}}").find("too long"), std::string::npos);
  EXPECT_NE(run("{{printf \"%1000000000d\" 1}}").find("1"), std::string::npos);
  EXPECT_NE(run("{{range 100000}}{{repeat 1000000 \"x\"}}{{end}}").find("exceeded"), std::string::npos);
  EXPECT_NE(run("{{" + std::string(5000, '(') + "1" + std::string(5000, ')') + "}}").find("too many levels"),
            std::string::npos);
  std::string nested;
  for (int i = 0; i < 5000; ++i) nested += "{{if 1}}";
  EXPECT_NE(run(nested).find("too many levels"), std::string::npos);
  EXPECT_EQ(run("{{fromJson \"" + std::string(5000, '[') + "\"}}"), "<no value>");
  EXPECT_NE(run("{{$s := \"x\"}}{{range 60}}{{$s = print $s $s}}{{end}}").find("error"), std::string::npos);
}

TEST(Template, KnowsItsFields) {
  const Template compiled =
      Template::parse("line", "{{.a}}{{if .b}}{{.c.d | lower}}{{end}}{{range .e}}{{end}}{{$.f}}").value();
  EXPECT_EQ(compiled.fields(), (std::vector<std::string>{"a", "b", "c", "e"}));
}

}  // namespace
}  // namespace cordwood::pipeline::gotemplate
