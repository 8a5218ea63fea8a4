#include "pipeline/labels_builder.h"

#include <gtest/gtest.h>

namespace cordwood::pipeline {
namespace {

using core::MetadataPair;

std::string text(const std::vector<LabelView>& labels) {
  std::string out;
  for (const LabelView& label : labels) out += std::string(label.name) + "=" + std::string(label.value) + " ";
  return out;
}
std::string category(const LabelsBuilder& builder, LabelCategory which) {
  std::vector<LabelView> out;
  builder.append(which, out);
  return text(out);
}

TEST(LabelsBuilder, CategoriesAndClashes) {
  const core::Labels stream(std::vector<core::Label>{{"app", "a"}, {"sm", "s"}, {"tri", "s"}});
  LabelsBuilder builder(stream, nullptr);
  EXPECT_TRUE(builder.unchanged());
  const std::vector<MetadataPair> metadata = {{"mp", "m"}, {"sm", "m"}, {"tri", "m"}};
  builder.reset(metadata);
  EXPECT_FALSE(builder.unchanged());
  for (const std::string_view name : {"mp", "tri", "new"}) {
    builder.set(LabelCategory::kParsed, builder.name_to_extract(name), "p");
  }
  EXPECT_EQ(category(builder, LabelCategory::kStream), "app=a sm=s tri=s ");
  EXPECT_EQ(category(builder, LabelCategory::kStructuredMetadata), "mp=m sm_extracted=m ");
  EXPECT_EQ(category(builder, LabelCategory::kParsed), "mp_extracted=p tri_extracted=p new=p ");
  EXPECT_TRUE(builder.name_to_extract("new").empty()) << "the first value wins";
  builder.reset({});
  EXPECT_TRUE(builder.unchanged());
}

TEST(LabelsBuilder, SetHidesAndRemoveRemoves) {
  const core::Labels stream(std::vector<core::Label>{{"app", "a"}, {"b", "x"}});
  LabelsBuilder builder(stream, nullptr);
  const std::vector<MetadataPair> metadata = {{"m", "1"}};
  builder.reset(metadata);
  builder.set(LabelCategory::kParsed, "app", "new");
  builder.set(LabelCategory::kParsed, "m", "2");
  EXPECT_EQ(builder.get("app").value, "new");
  EXPECT_EQ(category(builder, LabelCategory::kStream), "b=x ");
  EXPECT_EQ(category(builder, LabelCategory::kStructuredMetadata), "");
  builder.remove("b");
  builder.remove("app");
  EXPECT_FALSE(builder.get("b").found);
  EXPECT_FALSE(builder.get("app").found);
  builder.set(LabelCategory::kStream, "b", "again");
  EXPECT_EQ(builder.get("b").value, "again");
}

TEST(LabelsBuilder, Errors) {
  const core::Labels stream;
  LabelHints hints;
  hints.preserve_error = true;
  LabelsBuilder builder(stream, &hints);
  const std::vector<MetadataPair> metadata = {{"__error__", "before"}};
  builder.reset(metadata);
  EXPECT_EQ(builder.error(), "before");
  builder.add_parser_error("E", "why");
  EXPECT_EQ(category(builder, LabelCategory::kParsed), "__preserve_error__=true __error__=E __error_details__=why ");
}

TEST(LabelsBuilder, Hints) {
  const core::Labels stream(std::vector<core::Label>{{"app", "a"}});
  LabelHints hints;
  hints.required = {"app_extracted", "x"};
  LabelsBuilder builder(stream, &hints);
  builder.reset({});
  EXPECT_FALSE(builder.parsers_disabled());
  EXPECT_TRUE(builder.name_to_extract("y").empty());
  EXPECT_EQ(builder.name_to_extract("app"), "app_extracted");
  EXPECT_TRUE(builder.wants_prefix("app"));
  EXPECT_FALSE(builder.wants_prefix("b"));
  builder.set(LabelCategory::kParsed, "app_extracted", "1");
  builder.set(LabelCategory::kParsed, "x", "2");
  EXPECT_TRUE(builder.parsers_disabled());
}

TEST(RowArena, KeepsBytesUntilCleared) {
  RowArena arena;
  for (int round = 0; round < 3; ++round) {
    std::vector<std::string_view> kept;
    for (std::size_t i = 0; i < 500; ++i)
      kept.push_back(arena.copy(std::string(i * 7 % 3000, static_cast<char>('a' + i % 26))));
    for (std::size_t i = 0; i < kept.size(); ++i) {
      ASSERT_EQ(kept[i], std::string(i * 7 % 3000, static_cast<char>('a' + i % 26)));
    }
    arena.copy(std::string(5 << 20, 'x'));
    arena.clear();
  }
}

}  // namespace
}  // namespace cordwood::pipeline
