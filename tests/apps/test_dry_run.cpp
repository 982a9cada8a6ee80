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
  const Outcome outcome = run_seg(extended(command, {"--dry-run"}));
  INFO(command.front() << ": " << outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK((tree_of(folder) == before));
  CHECK(contains(outcome.out, "nothing was written"));
  Told told;
  for (const std::string verb : {"writes ", "replaces ", "leaves ", "removes "})
    for (const std::string& line : lines_with(outcome.out, verb)) {
      const std::string rest = line.substr(verb.size());
      told[rest.substr(0, rest.find(", which"))] = verb;
    }
  return told;
}

bool is_result(const fs::path& file) {
  const std::set<std::string> names{"plans.json", "splits_final.json", "groups.json", "groups.csv",
                                    "statistics.json"};
  for (const char* ending : {".nii.gz", ".npz", ".pth", ".zip", ".png", ".html", ".csv", ".txt"})
    if (file.string().ends_with(ending)) return !fs::is_symlink(file);
  return names.contains(file.filename().string());
}

/// Of a folder that is written anew all that it then holds is told.
bool is_told(const Told& told, fs::path path) {
  for (; path.has_relative_path(); path = path.parent_path())
    if (told.contains(path.string())) return true;
  return false;
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
    REQUIRE(after.contains(path) == (verb != "removes "));
    if (verb == "leaves ") CHECK((after.at(path) == before.at(path)));
    if (verb == "replaces ") CHECK((after.at(path).first > before.at(path).first));
  }
  for (const auto& [path, state] : after) {
    INFO(path);
    if (!before.contains(path) && is_result(path)) CHECK(is_told(told, path));
  }
  for (const auto& [path, state] : before) {
    INFO(path);
    if (!after.contains(path) && is_result(path)) CHECK(is_told(told, path));
  }
  return told;
}

Words tiny_validation(const fs::path& work) {
  return {"train",    work.string(), "--config",  "3d", "--fold",    "0",
          "--device", "cpu",         "--threads", "1",  "--validate"};
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
  const auto planned =
      check_told(folder.path(),
                 extended(plan, {"--group-by", (folder / "groups.csv").string(), "--folds", "2"}));
  CHECK(planned.contains((work / "groups.json").string()));
  CHECK(count_of(check_told(folder.path(), plan), "leaves ") == 3);

  const Words preprocess{"preprocess", work.string(), "--config", "3d"};
  check_told(folder.path(), preprocess);
  CHECK(count_of(check_told(folder.path(), preprocess), "leaves ") == 5);

  const auto trained = check_told(folder.path(), tiny_training(work));
  CHECK(trained.contains((model / "fold_0/checkpoint_final.pth").string()));
  expect_error(run_seg(extended(tiny_training(work), {"--dry-run"})), "finished run",
               folder.path());

  const std::string scans = dataset + "/imagesTr", first = (folder / "first").string();
  const Words predict{"predict", "-m",       model.string(), "-i",        scans, "-f",
                      "0",       "--device", "cpu",          "--threads", "1"};
  check_told(folder.path(), extended(predict, {"-o", first}));
  CHECK(count_of(check_told(folder.path(), extended(predict, {"-o", first})), "leaves ") == 5);
  const auto again = check_told(folder.path(), extended(predict, {"-o", first, "--overwrite"}));
  CHECK(again.at(first + "/ball_0.nii.gz") == "replaces ");
  const auto all = check_told(
      folder.path(),
      extended(predict, {"-o", (folder / "all").string(), "--probabilities", "npz,nii.gz",
                         "--uncertainty", "--split-labels", "--statistics"}));
  CHECK(all.contains((folder / "all/probabilities/ball_0.nii.gz").string()));
  const auto one = check_told(
      folder.path(), {"predict", "-m", model.string(), "-i", scans + "/ball_0_0000.nii.gz", "-f",
                      "0", "-o", (folder / "b.mha").string(), "--device", "cpu"});
  CHECK(count_of(one, "writes ") == 1);

  write_text(scans + "/broken_0000.nii.gz", "no image");
  const Outcome warned = run_seg(extended(predict, {"-o", first, "--dry-run"}));
  CHECK(contains(warned.err, "case broken cannot be segmented: " + scans + "/broken_0000.nii.gz"));
  CHECK_FALSE(contains(warned.out, "broken"));
  CHECK(warned.exit_code == 1);
  CHECK(contains(warned.err, "error: " + scans + ": has cases that cannot be segmented: broken"));
  fs::remove(scans + "/broken_0000.nii.gz");

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

TEST_CASE("a dry run of a training that resumes, replaces or starts from weights is as its run") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work", fold = model_in(work) / "fold_0";
  const Words command = tiny_training(work);
  const std::string nowhere = (folder / "nowhere.pth").string();
  for (const Words& more : {Words{}, Words{"--dry-run"}}) {  // not after preprocessing
    const Outcome missing = run_seg(extended(extended(command, {"--pretrained", nowhere}), more));
    CHECK(missing.exit_code == 1);
    CHECK(contains(missing.err, nowhere + ": is no file"));
    CHECK_FALSE(fs::exists(work / "preprocessed"));
  }
  expect_error(run_seg(extended(command, {"--resume", "--dry-run"})), "no checkpoint to resume",
               folder.path());
  REQUIRE(run_seg(command).exit_code == 0);
  const Told nothing = check_told(folder.path(), extended(command, {"--resume"}));
  CHECK(nothing.at((fold / "checkpoint_final.pth").string()) == "leaves ");
  CHECK(count_of(nothing, "replaces ") == 0);
  fs::remove_all(fold / "validation");
  const Told validation = check_told(folder.path(), extended(command, {"--resume"}));
  CHECK(validation.at((fold / "validation/summary.json").string()) == "writes ");
  CHECK(count_of(validation, "replaces ") == 0);
  write_text(fold / "validation/gone.nii.gz", "of another split");
  const Told trial =
      check_told(folder.path(),
                 extended(command, {"--no-checkpoints", "--overwrite", "--save-probabilities"}));
  CHECK(trial.at((fold / "checkpoint_final.pth").string()) == "removes ");
  CHECK(trial.at((fold / "validation/gone.nii.gz").string()) == "removes ");
}

TEST_CASE("a dry run of what judges and shows results tells its files, and writes none") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work", validation = model_in(work) / "fold_0/validation";
  REQUIRE(run_seg(tiny_training(work)).exit_code == 0);
  const std::string dataset = (folder / "Dataset001_Ball").string(), labels = dataset + "/labelsTr",
                    page = (folder / "page.html").string();

  const Words select{"select", work.string(), "--folds", "0"};
  const auto selected = check_told(folder.path(), select);
  CHECK(selected.contains((model_in(work) / "crossval_results_folds_0").string()));
  CHECK(count_of(check_told(folder.path(), select), "replaces ") == 4);  // and the record
  expect_error(run_seg({"select", work.string(), "--dry-run"}), "fold 1 is not trained",
               folder.path());

  const std::string predictions = (folder / "predictions").string();
  fs::create_directory(predictions);
  for (const int number : {0, 1})
    fs::copy_file(labels + "/" + case_name(number) + ".nii.gz",
                  predictions + "/" + case_name(number) + ".nii.gz");
  const Words evaluate{"evaluate",
                       "-i",
                       predictions,
                       "--reference",
                       labels,
                       "--csv",
                       (folder / "table.csv").string()};
  expect_error(run_seg(extended(evaluate, {"--dry-run"})), "3 prediction(s) are missing",
               folder.path());
  check_told(folder.path(), extended(evaluate, {"--allow-missing"}));
  Words compare{"evaluate", "--compare", predictions, predictions};
  expect_error(run_seg(extended(compare, {"--dry-run"})), "3 case(s) are in neither A nor B",
               folder.path());
  compare.emplace_back("--allow-missing");
  CHECK(count_of(check_told(folder.path(),
                            extended(compare, {"-o", (folder / "compared.json").string()})),
                 "writes ") == 1);
  expect_error(run_seg({"evaluate", "--compare", predictions, labels, "--dry-run"}),
               "summary.json: is not there", folder.path());

  check_told(folder.path(), {"postprocess", "-i", validation.string(), "--reference", labels,
                             "--dataset-json", dataset + "/dataset.json"});
  CHECK(check_told(folder.path(), {"report", work.string(), "-o", page}).contains(page));
  expect_error(run_seg({"report", labels, "--dry-run"}), "is neither a work folder", folder.path());

  const Words overlay{"overlay", "-i", dataset + "/imagesTr", "--labels", labels, "-o"};
  const auto drawn = check_told(folder.path(), extended(overlay, {(folder / "drawn").string()}));
  CHECK(drawn.contains((folder / "drawn/ball_3.png").string()));
  check_told(folder.path(), {"overlay", "-i", dataset + "/imagesTr/ball_0_0000.nii.gz", "--labels",
                             labels + "/ball_0.nii.gz", "-o", (folder / "one.png").string()});
  const Outcome lacking = run_seg({"overlay", "-i", dataset + "/imagesTr", "--labels", predictions,
                                   "-o", (folder / "other").string(), "--dry-run"});
  CHECK(lacking.exit_code == 1);
  CHECK(contains(lacking.err, "ball_4"));

  const auto validated = check_told(folder.path(), extended(tiny_validation(work), {}));
  CHECK(validated.at((validation / "summary.json").string()) == "replaces ");
}

TEST_CASE("a dry run of the example data tells its files, and refuses another dataset's folder") {
  const TemporaryFolder folder;
  const std::string target = (folder / "Dataset001_Phantom").string();
  const Words make{"example-data", target, "--cases", "1", "--test-cases", "1"};
  CHECK(check_told(folder.path(), make).contains(target + "/labelsTs/phantom_002.nii.gz"));
  CHECK(count_of(check_told(folder.path(), make), "replaces ") == 6);
  expect_error(run_seg({"example-data", target, "--cases", "2", "--dry-run"}),
               "holds other phantoms", folder.path());
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
  expect_error(run_seg(extended(files, {"--dry-run"})), "is there already", folder.path());

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
