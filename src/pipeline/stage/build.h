// From the syntax tree to compiled stages; one .cc file beside this header for each kind.
#pragma once

#include <memory>

#include "base/status.h"
#include "logql/ast.h"
#include "pipeline/pipeline.h"
#include "pipeline/stage.h"

namespace cordwood::pipeline {

using StagePtr = std::unique_ptr<const Stage>;
using StageOr = base::StatusOr<StagePtr>;

// Errors are InvalidArgument with Loki's text.
StageOr build_stage(const logql::LineFilter& filter, const PipelineOptions& options);
StageOr build_stage(const logql::JsonParser& parser, const PipelineOptions& options);
StageOr build_stage(const logql::LogfmtParser& parser, const PipelineOptions& options);
StageOr build_stage(const logql::RegexpParser& parser, const PipelineOptions& options);
StageOr build_stage(const logql::PatternParser& parser, const PipelineOptions& options);
StageOr build_stage(const logql::UnpackParser& parser, const PipelineOptions& options);
StageOr build_stage(const logql::LabelFilterStage& filter, const PipelineOptions& options);
StageOr build_stage(const logql::LineFormat& format, const PipelineOptions& options);
StageOr build_stage(const logql::LabelFormat& format, const PipelineOptions& options);
StageOr build_stage(const logql::Decolorize& decolorize, const PipelineOptions& options);
StageOr build_stage(const logql::DropLabels& drop, const PipelineOptions& options);
StageOr build_stage(const logql::KeepLabels& keep, const PipelineOptions& options);

// A label filter outside a pipeline (behind unwrap).
StageOr build_label_filter(const logql::LabelFilter& filter);

// __error__ of the parsers and filters.
inline constexpr std::string_view kJsonError = "JSONParserErr";
inline constexpr std::string_view kLogfmtError = "LogfmtParserErr";
inline constexpr std::string_view kSampleExtractionError = "SampleExtractionErr";
inline constexpr std::string_view kLabelFilterError = "LabelFilterErr";
inline constexpr std::string_view kTemplateFormatError = "TemplateFormatErr";

}  // namespace cordwood::pipeline
