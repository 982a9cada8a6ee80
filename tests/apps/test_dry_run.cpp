#include <map>
#include <set>

#include "catch.hpp"
#include "expect_error.hpp"
#include "text.hpp"
#include "tiny_model.hpp"

namespace fs = std::filesystem;
using namespace seg::test;

namespace {

using Words = std::vector<std::string>;

Words words_with(Words arguments, const Words& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// All that lies in a folder, with times and lengths.
using Tree = std::map<std::string, std::pair<fs::file_time_type, std::uintmax_t>>;

Tree tree_of(const fs::path& folder) {
  Tree tree{{folder.string(), {fs::last_write_time(folder), 0}}};
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    tree[entry.path().string()] = {entry.last_write_time(),
                                   entry.is_regular_file() ? entry.file_size() : 0};
  return tree;
}

/// What a dry run told of each path: writes, replaces or leaves.
using Told = std::map<std::string, std::string>;

/// Nothing changes in FOLDER.
Told dry_run(const fs::path& folder, const Words& command) {
  const Tree before = tree_of(folder);
  const Outcome outcome = run_seg(words_with(command, {"--dry-run"}));
  INFO(command.front() << ": " << outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK((tree_of(folder) == before));
  CHECK(contains(outcome.out, "nothing was written"));
  Told told;
  for (const std::string verb : {"writes ", "replaces ", "leaves "})
    for (const std::string& line : lines_with(outcome.out, verb)) {
      const std::string rest = line.substr(verb.size());
      told[rest.substr(0, rest.find(", which"))] = verb;
    }
  return told;
}

bool is_result(const fs::path& file) {
  const std::set<std::string> names{"plans.json", "splits_final.json", "groups.json", "groups.csv",
                                    "statistics.json"};
  for (const char* ending : {".nii.gz", ".npz", ".pth", ".zip"})
    if (file.string().ends_with(ending)) return !fs::is_symlink(file);
  return names.contains(file.filename().string());
}

/// The dry run tells what the command then does.
Told check_told(const fs::path& folder, const Words& command) {
  const Told told = dry_run(folder, command);
  const Tree before = tree_of(folder);
  const Outcome outcome = run_seg(command);
  INFO(command.front() << ": " << outcome.err);
  REQUIRE(outcome.exit_code == 0);
  const Tree after = tree_of(folder);
  for (const auto& [path, verb] : told) {
    INFO(verb << path);
    CHECK(before.contains(path) == (verb != "writes "));
    REQUIRE(after.contains(path));
    if (verb == "leaves ") CHECK((after.at(path) == before.at(path)));
    if (verb == "replaces ") CHECK((after.at(path).first > before.at(path).first));
  }
  for (const auto& [path, state] : after) {
    INFO(path);
    if (!before.contains(path) && is_result(path)) CHECK(told.contains(path));
  }
  return told;
}

int count_of(const Told& told, const std::string& verb) {
  int count = 0;
  for (const auto& [path, what] : told) count += what == verb;
  return count;
}

}  // namespace

TEST_CASE("a dry run of each step from dataset to segmentation tells what it does, and does not") {
  const TemporaryFolder folder;
  write_tiny_dataset(folder / "Dataset001_Ball");
  const fs::path work = folder / "work", model = model_in(work);
  const std::string dataset = (folder / "Dataset001_Ball").string();
  write_text(folder / "groups.csv",
             "case,group\nball_0,a\nball_1,a\nball_2,b\nball_3,b\nball_4,c\n");
  const Words plan{"plan", dataset, "--work", work.string()};
  const auto planned = check_told(
      folder.path(),
      words_with(plan, {"--group-by", (folder / "groups.csv").string(), "--folds", "2"}));
  CHECK(planned.contains((work / "groups.json").string()));
  CHECK(count_of(check_told(folder.path(), plan), "leaves ") == 3);

  const Words preprocess{"preprocess", work.string(), "--config", "3d"};
  check_told(folder.path(), preprocess);
  CHECK(count_of(check_told(folder.path(), preprocess), "leaves ") == 5);

  const auto trained = check_told(folder.path(), tiny_training(work));
  CHECK(trained.contains((model / "fold_0/checkpoint_final.pth").string()));
  expect_error(run_seg(words_with(tiny_training(work), {"--dry-run"})), "finished run",
               folder.path());

  const std::string scans = dataset + "/imagesTr", first = (folder / "first").string();
  const Words predict{"predict", "-m",       model.string(), "-i",        scans, "-f",
                      "0",       "--device", "cpu",          "--threads", "1"};
  check_told(folder.path(), words_with(predict, {"-o", first}));
  CHECK(count_of(check_told(folder.path(), words_with(predict, {"-o", first})), "leaves ") == 5);
  const auto again = check_told(folder.path(), words_with(predict, {"-o", first, "--overwrite"}));
  CHECK(again.at(first + "/ball_0.nii.gz") == "replaces ");
  const auto all = check_told(
      folder.path(),
      words_with(predict, {"-o", (folder / "all").string(), "--probabilities", "npz,nii.gz",
                           "--uncertainty", "--split-labels", "--statistics"}));
  CHECK(all.contains((folder / "all/probabilities/ball_0.nii.gz").string()));
  const auto one = check_told(
      folder.path(), {"predict", "-m", model.string(), "-i", scans + "/ball_0_0000.nii.gz", "-f",
                      "0", "-o", (folder / "b.mha").string(), "--device", "cpu"});
  CHECK(count_of(one, "writes ") == 1);

  fs::copy(folder / "all", folder / "copy", fs::copy_options::recursive);
  check_told(folder.path(), {"ensemble", "-i", (folder / "all").string(),
                             (folder / "copy").string(), "-o", (folder / "mean").string()});
  REQUIRE(run_seg({"postprocess", "-i", first, "--reference", dataset + "/labelsTr"}).exit_code ==
          0);
  check_told(folder.path(),
             {"postprocess", "-i", (folder / "mean").string(), "-o", (folder / "clean").string(),
              "--decision", first + "/postprocessing.json"});

  const std::string zip = (folder / "model.zip").string();
  check_told(folder.path(), {"export", model.string(), "-o", zip});
  check_told(folder.path(), {"install", zip, "-o", (folder / "models").string()});
  expect_error(run_seg({"install", zip, "-o", (folder / "models").string(), "--dry-run"}),
               "is there already", folder.path());
  expect_error(run_seg({"install", "https://localhost/model.zip", "--dry-run"}),
               "would have to be downloaded", folder.path());
}

TEST_CASE("a dry run of a conversion tells its files, and refuses what the conversion refuses") {
  const TemporaryFolder folder;
  write_tiny_dataset(folder / "Dataset001_Ball");
  const std::string dataset = (folder / "Dataset001_Ball").string(),
                    target = (folder / "Dataset002_New").string();
  const Words files{"convert",   "files",
                    dataset,     target,
                    "--channel", "MR=imagesTr/{case}_0000.nii.gz",
                    "--label",   "labelsTr/{case}.nii.gz"};
  const auto told = check_told(folder.path(), files);
  CHECK(told.contains(target + "/imagesTr/ball_3_0000.nii.gz"));
  expect_error(run_seg(words_with(files, {"--dry-run"})), "is there already", folder.path());

  seg::Json old = tiny_dataset_json();
  old["modality"] = old["channel_names"];
  old["labels"] = {{"0", "background"}, {"1", "ball"}};
  seg::write_json(folder / "Task01_Ball/dataset.json", old);
  for (const char* part : {"imagesTr", "labelsTr"})
    fs::copy(folder / "Dataset001_Ball" / part, folder / "Task01_Ball" / part,
             fs::copy_options::recursive);
  check_told(folder.path(), {"convert", "v1", (folder / "Task01_Ball").string(),
                             (folder / "Dataset003_Old").string()});
  expect_error(run_seg({"convert", "msd", folder.path().string(),
                        (folder / "Dataset004_None").string(), "--dry-run"}),
               "dataset.json", folder.path());
}
