#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "seg/plan/reporter.hpp"

namespace seg::data {

struct Split {
  std::vector<std::string> train, val;  ///< case names
  bool operator==(const Split&) const = default;
};

/// nnU-Net's folds (it has five): sorted names, shuffled by NumPy's Mersenne Twister with seed
/// 12345, cut into blocks.
/// @throws Error for fewer than two folds and for fewer cases than folds.
std::vector<Split> make_splits(std::vector<std::string> cases, std::size_t folds = 5);

/// Folds that leave groups whole, such as all scans of a patient: groups in the order of their
/// names, shuffled as make_splits() shuffles cases, the largest first, each to the fold that
/// validates the fewest cases so far (the first of equal ones), as scikit-learn's GroupKFold fills
/// folds. Their sizes differ by no more than the largest group's. Groups of one case each give
/// make_splits().
/// @param group_of by case.
/// @throws Error for fewer than two folds and for fewer groups than folds.
std::vector<Split> make_group_splits(const std::map<std::string, std::string>& group_of,
                                     std::size_t folds = 5);

/// The group of every case that splits were last made by, such as its patient: groups.json beside
/// the splits, {"<case>": "<group>"}. Empty without that file.
std::map<std::string, std::string> read_groups(const std::filesystem::path& splits_file);
void write_groups(const std::filesystem::path& splits_file,
                  const std::map<std::string, std::string>& group_of);

/// Groups that a fold both trains on and validates, one line for each such fold. Cases without a
/// group belong to none.
std::vector<std::string> group_problems(const std::vector<Split>& splits,
                                        const std::map<std::string, std::string>& group_of);

/// Reads a split file that the user wrote. @throws Error as read_or_make_splits().
std::vector<Split> read_splits(const std::filesystem::path& file,
                               const std::vector<std::string>& cases);
/// Writes splits_final.json.
void write_splits(const std::filesystem::path& file, const std::vector<Split>& splits);

/// Reads splits_final.json, or makes and writes it when it is not there. A file that make_splits()
/// made of other cases is made again, and a line says so; one that was written by hand stays.
/// @throws Error for a file that is no list of splits or names a case that the dataset has not.
std::vector<Split> read_or_make_splits(const std::filesystem::path& file,
                                       const std::vector<std::string>& cases,
                                       const Reporter& reporter = {});

/// Makes a file that make_splits() made of other cases again, or removes it where five folds are no
/// longer possible, and says so; also one that make_group_splits() made of groups that
/// read_groups() knows of all cases. Other files, and none, are left alone, whatever is in them.
void refresh_splits(const std::filesystem::path& file, const std::vector<std::string>& cases,
                    const Reporter& reporter);

/// What read_or_make_splits() would return. Writes nothing.
std::vector<Split> coming_splits(const std::filesystem::path& file,
                                 const std::vector<std::string>& cases);
/// Whether it would write the file.
bool will_write_splits(const std::filesystem::path& file, const std::vector<std::string>& cases);

/// What is unusual about splits, one line each: folds that validate cases they train on, cases that
/// are named twice or validate in several folds or in none, and another number of folds than five.
std::vector<std::string> split_problems(const std::vector<Split>& splits,
                                        const std::vector<std::string>& cases);

/// What is wrong or unusual with a split file by hand, or with the groups beside any, one line
/// each; nothing without a file.
std::vector<std::string> split_file_problems(const std::filesystem::path& file,
                                             const std::vector<std::string>& cases);

/// The split of a fold: "0".."4", "all" (train and validate on every case), or a number beyond the
/// file (random 80:20).
Split split_for_fold(const std::vector<Split>& splits, const std::string& fold,
                     const std::vector<std::string>& cases);

/// @throws Error for a fold beyond the splits in `file` where the cases have groups (groups.json
/// beside it), which a random split would part.
void require_fold_of_groups(const std::filesystem::path& file, const std::string& fold,
                            const std::vector<Split>& splits);

/// What split_from_file() would return. Writes nothing.
Split coming_split(const std::filesystem::path& file, const std::string& fold,
                   const std::vector<std::string>& cases);

/// The split of a fold from a file, which the fold "all" does not need. Warns of split_problems(),
/// group_problems() and of a fold that the file lacks.
Split split_from_file(const std::filesystem::path& file, const std::string& fold,
                      const std::vector<std::string>& cases, const Reporter& reporter);

/// "0", "1", ...: the folds of a file, or of that which read_or_make_splits() would make. Warns of
/// split_problems() and group_problems().
std::vector<std::string> fold_names(const std::filesystem::path& file,
                                    const std::vector<std::string>& cases,
                                    const Reporter& reporter);

/// Keeps the split that a fold is trained with beside it.
void write_split(const std::filesystem::path& file, const Split& split);
/// Nothing without a file that can be read.
std::optional<Split> read_split(const std::filesystem::path& file);

}  // namespace seg::data
