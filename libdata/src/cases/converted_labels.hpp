#pragma once

#include <set>

#include "seg/data/convert_table.hpp"
#include "seg/plan/files.hpp"

namespace seg::data {

/// What label maps hold, as they are and as they are written.
struct LabelValues {
  std::set<int> own, written;
};

/// Warns of values that are to change or are named, and that no label map holds: they may be slips.
void tell_unused(const TableConversion& conversion, const LabelValues& found,
                 const Reporter& reporter);

/// "labels" of dataset.json.
/// @param source names the table in errors.
/// @throws Error for values without a name or with gaps, telling the map that mends it.
Json labels_json(const std::string& source, const TableConversion& conversion,
                 const LabelValues& found);

}  // namespace seg::data
