#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace seg::data {

struct Split {
  std::vector<std::string> train, val;  ///< case names
};

/// nnU-Net's five folds: sorted names, shuffled by NumPy's Mersenne Twister with seed 12345, cut
/// into blocks.
std::vector<Split> make_splits(std::vector<std::string> cases);

/// Reads splits_final.json, or makes and writes it when it is not there.
std::vector<Split> read_or_make_splits(const std::filesystem::path& file,
                                       const std::vector<std::string>& cases);

/// The split of a fold: "0".."4", "all" (train and validate on every case), or a number beyond the
/// file (random 80:20).
Split split_for_fold(const std::vector<Split>& splits, const std::string& fold,
                     const std::vector<std::string>& cases);

}  // namespace seg::data
