// The part of a source's description that push and the sources answer have in common. Only for the .cc files here.
#pragma once

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "core/record.h"
#include "ingest/native/wire.h"

namespace cordwood::ingest::native {

// HeadHash {1 bytes, 2 hash}
void add_head_hash(protozero::pbf_writer& writer, std::uint32_t tag, const core::HeadHash& step);
base::Status read_head_hash(protozero::pbf_reader reader, const Where& where, core::HeadHash& out);

// The value of a `unit` field.
base::Status check_unit(std::uint64_t value, const Where& where, core::PositionUnit& out);

}  // namespace cordwood::ingest::native
