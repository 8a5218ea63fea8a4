// FilteredPart: a part without its deleted rows.
#pragma once

#include <memory>

#include "segment/part.h"
#include "store/deletions/row_filter.h"

namespace cordwood::store {

// Whether some row of the part may be deleted, by labels and times alone.
bool may_delete_from(const segment::Part& part, const Deletions& deletions);

// `part` itself when nothing of it is deleted. Streams of which every row is deleted have no times and no records.
// `counted`, if given, counts the rows that reading leaves out: it must outlive the reads, which then come one at a
// time.
std::shared_ptr<const segment::Part> filter_part(std::shared_ptr<const segment::Part> part, Deletions deletions,
                                                 RowFilter* counted = nullptr);

}  // namespace cordwood::store
