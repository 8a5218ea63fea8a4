#include "codec/lines/directory.h"

#include <algorithm>

#include "codec/byte_reader.h"
#include "codec/byte_writer.h"
#include "codec/line_encoder.h"

namespace cordwood::codec::lines {

bool TextEntry::has_ids() const {
  return std::ranges::count_if(rows_of_templates, [](std::uint32_t n) { return n != 0; }) > 1;
}

std::uint32_t id_bytes(std::uint64_t count) {
  return count <= 256 ? 1 : 2;
}

std::uint32_t stream_count(const ColumnEntry& column) {
  bool lengths = column.info.length_min != column.info.length_max;
  std::uint32_t refs = column.repeats ? 1 : 0;
  switch (column.encoding) {
    case Encoding::kNone:
    case Encoding::kConstant:
    case Encoding::kNested:
    case Encoding::kRepeats:
      return 0;
    case Encoding::kIntegers:
    case Encoding::kTimes:
      return refs + 1;
    case Encoding::kBytes:
      return refs + (lengths ? 2 : 1);
    case Encoding::kDictionary:
      return lengths ? 3 : 2;
  }
  return 0;
}

namespace {

void write_stream(const StreamEntry& stream, ByteWriter& writer) {
  writer.varint(stream.page);
  writer.varint(stream.raw_bytes);
}

void write_column(const ColumnEntry& column, ByteWriter& writer) {
  if (column.repeats) {
    writer.u8(static_cast<std::uint8_t>(Encoding::kRepeats));
    writer.varint(column.distinct);
  }
  writer.u8(static_cast<std::uint8_t>(column.encoding));
  const ColumnInfo& info = column.info;
  if (column.encoding == Encoding::kNone) return;
  if (column.encoding == Encoding::kConstant) return writer.sized_bytes(info.constant);
  writer.varint(info.alphabet);
  writer.varint(info.length_min);
  writer.varint(info.length_max - info.length_min);
  if (column.encoding == Encoding::kIntegers) {
    writer.u8(column.method);
    writer.varint(info.width);
    writer.varint(info.scale);
    writer.varint(info.value_min);
    writer.varint(info.value_max - info.value_min);
  }
  if (column.encoding == Encoding::kTimes) {
    writer.u8(column.method);
    writer.u8(static_cast<std::uint8_t>(column.time.date | (column.time.trimmed ? 4 : 0) | (column.time.utc ? 8 : 0)));
    writer.u8(static_cast<std::uint8_t>(column.time.date_separator));
    writer.u8(static_cast<std::uint8_t>(column.time.time_separator));
    writer.u8(static_cast<std::uint8_t>(column.time.fraction_separator));
    writer.u8(column.time.fraction_digits);
    writer.varint(info.value_min);
    writer.varint(info.value_max - info.value_min);
  }
  if (column.encoding == Encoding::kDictionary) writer.varint(info.dictionary_entries);
  if (column.encoding == Encoding::kNested) writer.varint(info.nested_text);
  for (std::uint32_t i = 0; i < stream_count(column); ++i) write_stream(column.streams[i], writer);
}

class DirectoryReader {
 public:
  DirectoryReader(std::string_view raw, const TemplateTable& table, std::string_view object)
      : reader_(raw, object), table_(table) {}

  base::StatusOr<Directory> read() {
    ASSIGN_OR_RETURN(directory_.line_bytes, reader_.varint_up_to(kLineBytesMax, "line bytes"));
    RETURN_IF_ERROR(read_pages());
    directory_.texts.resize(table_.texts().size());
    for (std::size_t i = 0; i < directory_.texts.size(); ++i) RETURN_IF_ERROR(read_text(i));
    if (directory_.texts[0].rows == 0) return reader_.wrong("rows", 1, 0);
    if (directory_.texts[0].rows > 1 && directory_.line_bytes > kLineBlockBytesMax) {
      return reader_.wrong("line bytes", kLineBlockBytesMax, directory_.line_bytes);
    }
    count_column_values();
    for (ColumnEntry& column : directory_.columns) RETURN_IF_ERROR(read_column(column));
    RETURN_IF_ERROR(reader_.expect_end());
    RETURN_IF_ERROR(check_nesting());
    RETURN_IF_ERROR(check_pages());
    return std::move(directory_);
  }

 private:
  base::Status read_pages() {
    ASSIGN_OR_RETURN(std::uint64_t count,
                     reader_.varint_up_to(std::min<std::uint64_t>(kPagesMax, reader_.left()), "pages"));
    directory_.pages.resize(count);
    page_used_.resize(count);
    for (PageEntry& page : directory_.pages) {
      ASSIGN_OR_RETURN(page.encoding, reader_.u8("page encoding"));
      bool known = page.encoding == kPlain || page.encoding == kZstd ||
                   (page.encoding == kZstdShared && table_.has_shared_text());
      if (!known) return reader_.wrong("page encoding", kZstd, page.encoding);
      ASSIGN_OR_RETURN(page.stored_bytes, reader_.varint_up_to(kPageRawMax, "page stored bytes"));
      page.raw_bytes = page.stored_bytes;
      if (page.encoding != kPlain) {
        std::uint64_t raw_max = std::min(kPageRawMax, kRatioMax * page.stored_bytes);
        ASSIGN_OR_RETURN(page.raw_bytes, reader_.varint_up_to(raw_max, "page raw bytes"));
      }
      ASSIGN_OR_RETURN(page.hash, reader_.u64("page hash"));
      page.offset = directory_.page_bytes;
      directory_.page_bytes += page.stored_bytes;
    }
    return base::ok_status();
  }

  base::Status read_stream(StreamEntry& stream) {
    std::uint64_t pages = directory_.pages.size();
    if (pages == 0) return reader_.wrong("pages", 1, 0);
    ASSIGN_OR_RETURN(std::uint64_t page, reader_.varint_up_to(pages - 1, "stream page"));
    stream.page = static_cast<std::uint32_t>(page);
    stream.offset = page_used_[page];
    std::uint64_t left = directory_.pages[page].raw_bytes - stream.offset;
    ASSIGN_OR_RETURN(stream.raw_bytes, reader_.varint_up_to(left, "stream raw bytes"));
    page_used_[page] += stream.raw_bytes;
    return base::ok_status();
  }

  base::Status read_text(std::size_t index) {
    TextEntry& text = directory_.texts[index];
    TemplateRange range = table_.texts()[index];
    text.rows_of_templates.resize(range.count);
    for (std::uint32_t& rows : text.rows_of_templates) {
      ASSIGN_OR_RETURN(std::uint64_t count, reader_.varint_up_to(kLineBlockRowsMax - text.rows, "rows of template"));
      rows = static_cast<std::uint32_t>(count);
      text.rows += rows;
    }
    if (text.has_ids()) {
      RETURN_IF_ERROR(read_stream(text.ids));
      if (text.ids.raw_bytes != text.rows && text.ids.raw_bytes != 2 * std::uint64_t{text.rows}) {
        return reader_.wrong("bytes of template ids", text.rows, text.ids.raw_bytes);
      }
    }
    return base::ok_status();
  }

  void count_column_values() {
    directory_.columns.resize(table_.column_count());
    for (std::size_t t = 0; t < directory_.texts.size(); ++t) {
      TemplateRange range = table_.texts()[t];
      for (std::uint32_t i = 0; i < range.count; ++i) {
        for (const TemplatePiece& piece : table_.templates()[range.first + i].pieces) {
          if (piece.column == kNoColumn) continue;
          directory_.columns[piece.column].info.count += directory_.texts[t].rows_of_templates[i];
        }
      }
    }
  }

  base::Status read_column(ColumnEntry& column) {
    ASSIGN_OR_RETURN(std::uint8_t encoding, reader_.u8("column encoding"));
    if (encoding > static_cast<std::uint8_t>(kEncodingLast)) {
      return reader_.wrong("column encoding", static_cast<std::uint8_t>(kEncodingLast), encoding);
    }
    column.encoding = static_cast<Encoding>(encoding);
    ColumnInfo& info = column.info;
    info.encoding = encoding;
    if ((info.count == 0) != (column.encoding == Encoding::kNone)) return reader_.wrong("column values", info.count, 0);
    if (column.encoding == Encoding::kNone) return base::ok_status();
    if (column.encoding == Encoding::kRepeats) RETURN_IF_ERROR(read_repeats(column));
    if (column.encoding == Encoding::kConstant) {
      info.form = ColumnForm::kConstant;
      ASSIGN_OR_RETURN(info.constant, reader_.sized_bytes(kLineBytesMax, "constant"));
      info.length_min = info.length_max = info.constant.size();
      info.alphabet = alphabet_of(info.constant);
      return base::ok_status();
    }
    ASSIGN_OR_RETURN(std::uint64_t alphabet, reader_.varint_up_to(kAlphabetAll, "alphabet"));
    info.alphabet = static_cast<Alphabet>(alphabet);
    ASSIGN_OR_RETURN(info.length_min, reader_.varint_up_to(kLineBytesMax, "shortest length"));
    ASSIGN_OR_RETURN(info.length_max, reader_.varint_up_to(kLineBytesMax - info.length_min, "longest length"));
    info.length_max += info.length_min;
    RETURN_IF_ERROR(read_parameters(column));
    for (std::uint32_t i = 0; i < stream_count(column); ++i) {
      const StreamEntry& stream = column.streams[i];
      RETURN_IF_ERROR(read_stream(column.streams[i]));
      info.raw_bytes += stream.raw_bytes;
      const PageEntry& page = directory_.pages[stream.page];
      if (page.raw_bytes != 0) info.stored_bytes += page.stored_bytes * stream.raw_bytes / page.raw_bytes;
    }
    return base::ok_status();
  }

  base::Status read_repeats(ColumnEntry& column) {
    ASSIGN_OR_RETURN(std::uint64_t distinct, reader_.varint_up_to(column.info.count, "distinct values"));
    if (distinct == 0) return reader_.wrong("distinct values", 1, 0);
    column.repeats = true;
    column.distinct = static_cast<std::uint32_t>(distinct);
    ASSIGN_OR_RETURN(std::uint8_t encoding, reader_.u8("encoding of distinct values"));
    column.encoding = static_cast<Encoding>(encoding);
    if (column.encoding != Encoding::kIntegers && column.encoding != Encoding::kBytes) {
      return reader_.wrong("encoding of distinct values", static_cast<std::uint8_t>(Encoding::kBytes), encoding);
    }
    return base::ok_status();
  }

  base::Status read_method(ColumnEntry& column) {
    ASSIGN_OR_RETURN(column.method, reader_.u8("method"));
    if ((column.method & 15) > kTransformDelta || (column.method >> 4) > 8) {
      return reader_.wrong("method", 0, column.method);
    }
    return base::ok_status();
  }

  base::Status read_range(ColumnInfo& info, std::uint64_t max) {
    ASSIGN_OR_RETURN(info.value_min, reader_.varint_up_to(max, "smallest value"));
    ASSIGN_OR_RETURN(info.value_max, reader_.varint_up_to(max - info.value_min, "largest value"));
    info.value_max += info.value_min;
    return base::ok_status();
  }

  base::Status read_times(ColumnEntry& column) {
    column.info.form = ColumnForm::kBytes;
    RETURN_IF_ERROR(read_method(column));
    TimestampFormat& time = column.time;
    ASSIGN_OR_RETURN(std::uint8_t flags, reader_.u8("time format"));
    if (flags > 15 || (flags & 3) > TimestampFormat::kMonthName) return reader_.wrong("time format", 0, flags);
    time.date = static_cast<TimestampFormat::Date>(flags & 3);
    time.trimmed = (flags & 4) != 0;
    time.utc = (flags & 8) != 0;
    for (char* separator : {&time.date_separator, &time.time_separator, &time.fraction_separator}) {
      ASSIGN_OR_RETURN(std::uint8_t byte, reader_.u8("time separator"));
      *separator = static_cast<char>(byte);
    }
    ASSIGN_OR_RETURN(time.fraction_digits, reader_.u8("fraction digits"));
    if (time.fraction_digits > 9) return reader_.wrong("fraction digits", 9, time.fraction_digits);
    return read_range(column.info, timestamp_max(time));
  }

  base::Status read_parameters(ColumnEntry& column) {
    ColumnInfo& info = column.info;
    if (column.encoding == Encoding::kIntegers) {
      info.form = ColumnForm::kIntegers;
      RETURN_IF_ERROR(read_method(column));
      ASSIGN_OR_RETURN(std::uint64_t width, reader_.varint_up_to(20, "width"));
      ASSIGN_OR_RETURN(std::uint64_t scale, reader_.varint_up_to(19, "scale"));
      info.width = static_cast<std::uint32_t>(width);
      info.scale = static_cast<std::uint32_t>(scale);
      if (scale > 0 && width < scale + 1) return reader_.wrong("width", scale + 1, width);
      RETURN_IF_ERROR(read_range(info, ~std::uint64_t{0}));
    } else if (column.encoding == Encoding::kDictionary) {
      info.form = ColumnForm::kDictionary;
      ASSIGN_OR_RETURN(std::uint64_t entries, reader_.varint_up_to(info.count, "dictionary entries"));
      if (entries == 0) return reader_.wrong("dictionary entries", 1, 0);
      info.dictionary_entries = static_cast<std::uint32_t>(entries);
    } else if (column.encoding == Encoding::kNested) {
      info.form = ColumnForm::kNested;
      ASSIGN_OR_RETURN(std::uint64_t text, reader_.varint_up_to(directory_.texts.size() - 1, "nested text"));
      info.nested_text = static_cast<std::uint32_t>(text);
    } else if (column.encoding == Encoding::kTimes) {
      RETURN_IF_ERROR(read_times(column));
    } else {
      info.form = column.repeats ? ColumnForm::kDictionary : ColumnForm::kBytes;
      info.dictionary_entries = column.distinct;
    }
    return base::ok_status();
  }

  // A nested text comes after the text of its column, so there is no cycle; each text but the first that has rows is
  // the text of one column.
  base::Status check_nesting() {
    std::vector<bool> used(directory_.texts.size());
    for (std::uint32_t i = 0; i < directory_.columns.size(); ++i) {
      if (directory_.columns[i].encoding != Encoding::kNested) continue;
      const ColumnInfo& info = directory_.columns[i].info;
      if (info.nested_text <= table_.text_of_column(i)) {
        return reader_.wrong("nested text", table_.text_of_column(i) + 1, info.nested_text);
      }
      if (used[info.nested_text]) return reader_.wrong("nested text's columns", 1, 2);
      used[info.nested_text] = true;
      std::uint32_t rows = directory_.texts[info.nested_text].rows;
      if (rows != info.count) return reader_.wrong("nested text's rows", info.count, rows);
    }
    for (std::size_t i = 1; i < used.size(); ++i) {
      if (!used[i] && directory_.texts[i].rows != 0) return reader_.wrong("nested text's columns", 1, 0);
    }
    return base::ok_status();
  }

  base::Status check_pages() {
    for (std::size_t i = 0; i < directory_.pages.size(); ++i) {
      if (page_used_[i] != directory_.pages[i].raw_bytes) {
        return reader_.wrong("streams of page", directory_.pages[i].raw_bytes, page_used_[i]);
      }
    }
    return base::ok_status();
  }

  ByteReader reader_;
  const TemplateTable& table_;
  Directory directory_;
  std::vector<std::uint64_t> page_used_;
};

}  // namespace

void write_directory(const Directory& directory, std::string& raw) {
  ByteWriter writer(raw);
  writer.varint(directory.line_bytes);
  writer.varint(directory.pages.size());
  for (const PageEntry& page : directory.pages) {
    writer.u8(page.encoding);
    writer.varint(page.stored_bytes);
    if (page.encoding != kPlain) writer.varint(page.raw_bytes);
    writer.u64(page.hash);
  }
  for (const TextEntry& text : directory.texts) {
    for (std::uint32_t rows : text.rows_of_templates) writer.varint(rows);
    if (text.has_ids()) write_stream(text.ids, writer);
  }
  for (const ColumnEntry& column : directory.columns) write_column(column, writer);
}

base::StatusOr<Directory> read_directory(std::string_view raw, const TemplateTable& table, std::string_view object) {
  return DirectoryReader(raw, table, object).read();
}

}  // namespace cordwood::codec::lines
