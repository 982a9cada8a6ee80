#include "seg/net/checkpoint_file.hpp"
#include "seg/train/recipe.hpp"
#include "seg/train/training_log.hpp"
#include "text.hpp"
#include "tiny_training.hpp"

using namespace seg;
using namespace seg::test;
namespace fs = std::filesystem;

namespace {

/// WORK of the run that tests/data/checkpoints/settings_1.pth interrupted. @returns the fold.
fs::path interrupted_fold(const fs::path& work) {
  const auto fold = work / "results/nnUNetTrainer__nnUNetPlans__3d_fullres/fold_0";
  fs::create_directories(fold);
  fs::copy_file(committed_files() / "checkpoints/settings_1.pth", fold / "checkpoint_latest.pth");
  return fold;
}

train::TrainOptions resumed_options() {
  train::TrainOptions options;
  options.device = "cpu";
  options.precision = "fp32";
  options.threads = 1;
  options.resume = true;
  return options;
}

/// Changes what a checkpoint records of its run.
void change_record(const fs::path& file, const std::function<void(Json&)>& change) {
  auto content = net::read_checkpoint(file);
  for (auto& [key, value] : std::get<net::Value::Dict>(content.data)) {
    if (key.as<std::string>("key") != "seg") continue;
    for (auto& [name, entry] : std::get<net::Value::Dict>(value.data)) {
      if (name.as<std::string>("name") != "options") continue;
      Json record = Json::parse(entry.as<std::string>("options"));
      change(record);
      entry.data = record.dump();
    }
  }
  net::write_checkpoint(file, content);
}

}  // namespace

TEST_CASE("a checkpoint from before settings had versions is resumed as it was") {
  const TemporaryFolder folder;
  const auto work = write_tiny_work(folder);
  const auto fold = interrupted_fold(work);
  const Json settings = train::settings_in_use(work, resumed_options());
  CHECK(settings.at("learning_rate") == Json{{"value", 0.02}, {"from", "checkpoint"}});
  CHECK(settings.at("augmentation").at("noise_probability").at("value") == 0.5);
  CHECK_FALSE(fs::exists(fold / ".lock"));

  CHECK_FALSE(train_through(work, resumed_options()).interrupted);
  const auto log = train::training_log_from_json(read_json(fold / "progress.json"), "log");
  REQUIRE(log.epochs() == 2);
  CHECK(log.train_losses[0] == -0.15325559452176094);  // as seg at that commit wrote it
  CHECK(log.lrs[0] == 0.02);
  const auto text = bytes_of(fold / "training_log.txt");
  CHECK(contains(text, "after 1 epochs and "));
  CHECK_FALSE(contains(text, "warning"));
}

TEST_CASE("a checkpoint of another version is resumed without what is no longer known") {
  const TemporaryFolder folder;
  const auto work = write_tiny_work(folder);
  const auto fold = interrupted_fold(work);
  change_record(fold / "checkpoint_latest.pth", [](Json& record) {
    record["version"] = 0;
    record["settings"].erase("epsilon");
    record["settings"]["sharpness"] = 3;
  });
  CHECK_FALSE(train_through(work, resumed_options()).interrupted);
  CHECK(contains(bytes_of(fold / "training_log.txt"),
                 "settings that are no longer there and are ignored: sharpness"));
  change_record(fold / "checkpoint_final.pth",
                [](Json& record) { record["version"] = train::kSettingsVersion + 1; });
  CHECK(contains(error_of(work, resumed_options()), "written by a later seg"));
}

TEST_CASE("a fold that another run has in use is left alone") {
  const TemporaryFolder folder;
  const auto work = write_tiny_work(folder);
  auto options = tiny_options();
  std::string other;
  Reporter reporter;
  reporter.progress = [&](const std::string& activity, std::size_t done, std::size_t) {
    if (activity == "epoch 2/2" && done == 1) other = error_of(work, options);
  };
  const std::atomic<bool> stop = false;
  CHECK_FALSE(train::train(work, options, stop, reporter).interrupted);
  CHECK(contains(other, "fold_0: is in use by process "));
}
