#include "seg/data/splits.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "base/numpy_random.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"

namespace seg::data {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t folds = 5;
constexpr std::uint32_t split_seed = 12345;

std::vector<std::string> sorted(std::vector<std::string> cases) {
  std::sort(cases.begin(), cases.end());
  return cases;
}

/// Cases in order: those whose index is in `chosen` validate, the others train.
Split split_by(const std::vector<std::string>& cases, const std::set<std::int64_t>& chosen) {
  Split split;
  for (std::size_t i = 0; i < cases.size(); ++i)
    (chosen.contains(static_cast<std::int64_t>(i)) ? split.val : split.train).push_back(cases[i]);
  return split;
}

Json to_json(const std::vector<Split>& splits) {
  Json json = Json::array();
  for (const Split& split : splits) json.push_back({{"train", split.train}, {"val", split.val}});
  return json;
}

std::vector<Split> splits_from_json(const Json& json, const fs::path& file) {
  std::vector<Split> splits;
  try {
    for (const Json& entry : json)
      splits.push_back({entry.at("train").get<std::vector<std::string>>(),
                        entry.at("val").get<std::vector<std::string>>()});
  } catch (const Json::exception&) {
    throw Error(file.string(), "is not a list of {\"train\": [...], \"val\": [...]}",
                "correct it, or remove it to have it made again");
  }
  return splits;
}

void check_names(const std::vector<Split>& splits, const std::vector<std::string>& cases,
                 const fs::path& file) {
  const std::set<std::string> known(cases.begin(), cases.end());
  for (const Split& split : splits)
    for (const auto* names : {&split.train, &split.val})
      for (const std::string& name : *names)
        if (!known.contains(name))
          throw Error(file.string(), "names the case " + name + ", which the dataset has not",
                      "correct it, or remove it to have it made again");
}

std::optional<std::size_t> fold_number(const std::string& fold) {
  std::size_t number = 0;
  const char* end = fold.data() + fold.size();
  const auto [stopped, code] = std::from_chars(fold.data(), end, number);
  if (code != std::errc() || stopped != end) return std::nullopt;
  return number;
}

/// nnU-Net's split for a fold that the file does not have: 80 % train, in the order drawn.
Split random_split(const std::vector<std::string>& cases, std::size_t fold) {
  std::mt19937 random(split_seed + static_cast<std::uint32_t>(fold));
  const auto order = numpy_permutation(static_cast<std::int64_t>(cases.size()), random);
  const auto training = static_cast<std::size_t>(static_cast<double>(cases.size()) * 0.8);
  Split split =
      split_by(cases, {order.begin() + static_cast<std::ptrdiff_t>(training), order.end()});
  for (std::size_t i = 0; i < training; ++i)
    split.train[i] = cases[static_cast<std::size_t>(order[i])];
  return split;
}

}  // namespace

std::vector<Split> make_splits(std::vector<std::string> cases) {
  cases = sorted(std::move(cases));
  if (cases.size() < folds)
    throw Error("splits",
                "5 folds need at least 5 training cases, there are " + std::to_string(cases.size()),
                "add cases, or train with all of them as one fold");
  std::mt19937 random(split_seed);
  const auto order = numpy_permutation(static_cast<std::int64_t>(cases.size()), random);
  std::vector<Split> splits;
  auto block = order.begin();
  for (std::size_t fold = 0; fold < folds; ++fold) {
    const std::size_t size = cases.size() / folds + (fold < cases.size() % folds ? 1 : 0);
    const auto end = block + static_cast<std::ptrdiff_t>(size);
    splits.push_back(split_by(cases, {block, end}));
    block = end;
  }
  return splits;
}

std::vector<Split> read_or_make_splits(const fs::path& file,
                                       const std::vector<std::string>& cases) {
  if (fs::exists(file)) {
    std::vector<Split> splits = splits_from_json(read_json(file), file);
    check_names(splits, cases, file);
    return splits;
  }
  std::vector<Split> splits = make_splits(cases);
  write_json(file, to_json(splits));
  return splits;
}

Split split_for_fold(const std::vector<Split>& splits, const std::string& fold,
                     const std::vector<std::string>& cases) {
  if (fold == "all") return {sorted(cases), sorted(cases)};
  const std::optional<std::size_t> number = fold_number(fold);
  if (!number) throw Error(SettingValue{"fold", fold}, "is neither a number nor 'all'");
  return *number < splits.size() ? splits[*number] : random_split(sorted(cases), *number);
}

}  // namespace seg::data
