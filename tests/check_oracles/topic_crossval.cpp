#include <random>

#include "base/numpy_random.hpp"
#include "json_difference.hpp"
#include "seg/data/splits.hpp"
#include "topic.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

/// The splits with the entries that were recorded: cases, or only their number.
Json recorded_parts(const std::vector<data::Split>& splits, const Json& recorded) {
  Json json = Json::array();
  for (std::size_t fold = 0; fold < splits.size(); ++fold) {
    const auto& [train, val] = splits[fold];
    const Json whole{{"train", train}, {"val", val}, {"train_count", train.size()}};
    Json part;
    for (const auto& [key, cases] : recorded.at(fold).items()) part[key] = whole.at(key);
    json.push_back(part);
  }
  return json;
}

void replay_crossval(const Json& recorded, Outcome& outcome) {
  const Json& expected = recorded.at("splits");
  const auto splits = data::make_splits(recorded.at("sorted_keys"));
  outcome.fault = json_difference(expected, recorded_parts(splits, expected)).fault;
}

/// Recorded are places in the sorted list of cases, so cases get names that sort like numbers.
std::string numbered_case(std::int64_t number) { return std::to_string(10'000 + number); }

std::vector<std::string> numbered_cases(std::int64_t count) {
  std::vector<std::string> cases;
  for (std::int64_t number = 0; number < count; ++number) cases.push_back(numbered_case(number));
  return cases;
}

void replay_fold_beyond_file(const Json& recorded, Outcome& outcome) {
  std::vector<std::string> expected;
  for (const Json& number : recorded.at("train_indices_in_drawn_order"))
    expected.push_back(numbered_case(number));
  const auto split = data::split_for_fold(std::vector<data::Split>(5), recorded.at("fold").dump(),
                                          numbered_cases(recorded.at("n")));
  if (split.train != expected) outcome.fault = "got " + Json(split.train).dump();
}

void replay_generator(const Json& recorded, Outcome& outcome) {
  std::mt19937 random(recorded.at("seed").get<std::uint32_t>());
  Json numbers = Json::array();
  for (std::size_t i = 0; i < recorded.at("first_uint32").size(); ++i)
    numbers.push_back(static_cast<std::uint32_t>(random()));
  if (numbers != recorded.at("first_uint32")) outcome.fault = "got " + numbers.dump();
}

void replay_shuffle(std::uint32_t seed, const Json& expected, Outcome& outcome) {
  std::mt19937 random(seed);
  const Json found = data::numpy_permutation(static_cast<std::int64_t>(expected.size()), random);
  if (found != expected) outcome.fault = "got " + found.dump();
}

void check_draws(const Json& manifest, const Tell& tell) {
  for (const Json& recorded : manifest.value("fold_beyond_file", Json::array()))
    tell(attempt("fold " + recorded.at("fold").dump() + " of " + recorded.at("n").dump(),
                 [&](Outcome& outcome) { replay_fold_beyond_file(recorded, outcome); }));
  if (!manifest.contains("numpy_mt19937")) return;
  const Json& numpy = manifest["numpy_mt19937"];
  tell(attempt("generator", [&](Outcome& outcome) { replay_generator(numpy, outcome); }));
  for (const auto& [count, shuffled] : numpy.at("shuffles").items())
    tell(attempt("shuffle of " + count,
                 [&](Outcome& outcome) { replay_shuffle(numpy.at("seed"), shuffled, outcome); }));
}

bool recognises_crossval(const fs::path& folder) {
  const auto manifest = folder / "manifest.json";
  return folder.filename() == "crossval" && fs::exists(manifest);
}

void check_crossval(const fs::path& folder, const Tell& tell) {
  const Json manifest = read_json(folder / "manifest.json");
  for (const Json& recorded : manifest.at("splits"))
    tell(attempt(recorded.at("style").get<std::string>() + " x " + recorded.at("n").dump(),
                 [&](Outcome& outcome) { replay_crossval(recorded, outcome); }));
  check_draws(manifest, tell);
}

}  // namespace

Topic crossval_topic() { return {"crossval", recognises_crossval, check_crossval}; }

}  // namespace seg::oracles
