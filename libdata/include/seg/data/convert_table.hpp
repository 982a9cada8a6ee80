#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "seg/data/case_table.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::data {

struct TableConversion {
  /// Names of the labels by value, as they are after `map`, without background. Empty: each value
  /// above 0 that label maps hold is called label_<value>.
  std::map<int, std::string> labels;
  /// Other values that label maps are to have, by those that they have; what is not there stays.
  std::map<int, int> map;
  bool link = false;  ///< symbolic links instead of copies
  int jobs = 1;       ///< cases at the same time
};

/// Makes a dataset in nnU-Net v2's format of a table's files: imagesTr and labelsTr of the cases
/// with a label map, imagesTs of the others, dataset.json, and groups.csv (case,group; for `seg
/// plan --group-by`) if groups are known. Files of one format stay as they are; where there are
/// several, or DICOM series, all become .nii.gz. `target` appears when all is done. How many cases
/// have no label map is told.
/// @throws Error when the target is there already; for a file that cannot be read; for label values
/// that have no name or are not 1, 2, 3, ... without a gap, as nnU-Net wants them; for links of
/// files that would have to be changed.
void convert_table(const CaseTable& table, const std::filesystem::path& target,
                   const TableConversion& conversion, const Reporter& reporter = {});

/// What it would write, one line for each file; writes nothing, and looks into no label map.
/// @throws Error as it does for the target, for links and for a table without label maps.
std::vector<std::string> table_intentions(const CaseTable& table,
                                          const std::filesystem::path& target,
                                          const TableConversion& conversion);

}  // namespace seg::data
