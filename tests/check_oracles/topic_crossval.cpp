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

bool recognises_crossval(const fs::path& folder) {
  const auto manifest = folder / "manifest.json";
  return folder.filename() == "crossval" && fs::exists(manifest);
}

void check_crossval(const fs::path& folder, const Tell& tell) {
  const Json manifest = read_json(folder / "manifest.json");
  for (const Json& recorded : manifest.at("splits"))
    tell(attempt(recorded.at("style").get<std::string>() + " x " + recorded.at("n").dump(),
                 [&](Outcome& outcome) { replay_crossval(recorded, outcome); }));
}

}  // namespace

Topic crossval_topic() { return {"crossval", recognises_crossval, check_crossval}; }

}  // namespace seg::oracles
