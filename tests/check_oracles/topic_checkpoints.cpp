#include "net/checkpoint_oracle.hpp"
#include "net/pretrained_oracle.hpp"
#include "seg/net/checkpoint_file.hpp"
#include "seg/plan/error.hpp"
#include "topic.hpp"

namespace seg::oracles {
namespace {

namespace fs = std::filesystem;

bool has_refused_files(const fs::path& folder) {
  return fs::exists(folder / "hostile_and_broken.json");
}

void note(const std::vector<std::string>& differences, Outcome& outcome) {
  for (const auto& difference : differences) {
    outcome.fault += (outcome.fault.empty() ? "" : "; ") + difference;
  }
}

// The entries, and what a network does with the weights where that is recorded.
void check_readable(const fs::path& file, Outcome& outcome) {
  const fs::path record = file.string() + ".json";
  const auto json = read_json(record);
  note(test::compare_entries(net::read_checkpoint(file), json.at("entries")), outcome);
  if (json.contains("encoder_features")) note(test::compare_encoder(record), outcome);
  if (json.contains("builder_args") && json.contains("outputs"))
    note(test::compare_stunet(record), outcome);
}

// Hostile files try to make a file of this name.
void check_refusal(const fs::path& file, Outcome& outcome) {
  try {
    net::read_checkpoint(file);
    outcome.fault = "was read, but must be refused";
  } catch (const Error&) {
  }
  if (fs::exists("pwned")) outcome.fault = "was executed";
}

void check_file(const fs::path& file, const Tell& tell) {
  const auto name = file.filename().string();
  if (fs::exists(file.string() + ".json"))
    tell(attempt(name, [&](Outcome& outcome) { check_readable(file, outcome); }));
  if (file.extension() == ".json" && read_json(file).contains("kept_from_target"))
    tell(attempt(name, [&](Outcome& outcome) { note(test::compare_fine_tuning(file), outcome); }));
}

void check_checkpoints(const fs::path& folder, const Tell& tell) {
  for (const auto& entry : fs::directory_iterator(folder)) check_file(entry.path(), tell);
  const Json refused = read_json(folder / "hostile_and_broken.json").at("files");
  for (const auto& entry : refused) {
    const fs::path file = folder / entry.at(0).get<std::string>();
    tell(
        attempt(file.filename().string(), [&](Outcome& outcome) { check_refusal(file, outcome); }));
  }
}

}  // namespace

Topic checkpoints_topic() { return {"checkpoints", has_refused_files, check_checkpoints}; }

}  // namespace seg::oracles
