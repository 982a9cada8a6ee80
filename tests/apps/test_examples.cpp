#include <cstdlib>

#include "catch.hpp"
#include "help_texts.hpp"
#include "seg/data/plugin.hpp"
#include "seg/plan/files.hpp"
#include "seg/train/sha256.hpp"
#include "text.hpp"
#include "tiny_model.hpp"
#include "train/small_model.hpp"

// The examples of the help texts, run in a place where what they name is there.

namespace fs = std::filesystem;
using namespace seg;
using namespace seg::test;

namespace {

constexpr char kDataset[] = "Dataset004_Hippocampus";
constexpr char kModel[] =
    "seg_work/Dataset004_Hippocampus/results/nnUNetTrainer__nnUNetPlans__3d_fullres";

/// A task as the Medical Segmentation Decathlon (or, with channels in the names, nnU-Net v1) has
/// it.
void write_old_task(const fs::path& folder, const std::string& channel) {
  Json training = Json::array();
  for (int number = 0; number < 5; ++number) {
    const std::string name = case_name(number) + ".nii.gz";
    data::write_image(folder / "imagesTr" / (case_name(number) + channel + ".nii.gz"),
                      ball(number).image, tiny_geometry());
    data::write_label_map(folder / "labelsTr" / name, ball(number).label, tiny_geometry());
    training.push_back({{"image", "./imagesTr/" + name}, {"label", "./labelsTr/" + name}});
  }
  write_json(folder / "dataset.json", {{"name", "Hippocampus"},
                                       {"modality", {{"0", "MRI"}}},
                                       {"labels", {{"0", "background"}, {"1", "ball"}}},
                                       {"numTraining", 5},
                                       {"numTest", 0},
                                       {"training", training},
                                       {"test", Json::array()}});
}

void write_scan_with_labels(const fs::path& scan, const fs::path& labels, int number) {
  data::write_image(scan, ball(number).image, tiny_geometry());
  data::write_label_map(labels, ball(number).label, tiny_geometry());
}

/// A folder in which the examples can be typed.
struct ExamplePlace {
  TemporaryFolder folder;

  ExamplePlace() {
    fs::create_directories(folder / "bin");
    fs::create_symlink(SEG_PROGRAM, folder / "bin/seg");
    fs::create_directories(folder / ".local/share/man/man1");
    fs::create_directories(folder / ".local/share/bash-completion/completions");
    write_sources();
    write_tiny_dataset(folder / kDataset);
    write_tiny_dataset(folder / "Dataset001_Phantom");
    fs::create_directories(folder / "train");
    fs::create_directory_symlink(folder / kDataset, folder / "train" / kDataset);
    for (const char* where : {".", "train"})
      require(std::string("cd ") + where + " && seg plan Dataset004_Hippocampus");
    const fs::path work = folder / "seg_work" / kDataset;
    fs::copy_file(work / "dataset_fingerprint.json", folder / "dataset_fingerprint.json");
    fs::copy_file(work / "dataset.json", folder / "dataset.json");
    at::manual_seed(3);
    write_small_model(folder / kModel, {"0", "1", "2", "3", "4"});
    write_small_scan(folder / "scans/case_0000.nii.gz");
    write_results();
    write_trained_runs();
  }

  Outcome run(const std::string& line) const {
    const fs::path out = folder / "stdout", err = folder / "stderr";
    const std::string start =
        "cd '" + folder.path().string() + "' && export HOME=$PWD PATH=\"$PWD/bin:$PATH\" && ";
    const int status = std::system(
        ("(" + start + line + ") >" + out.string() + " 2>" + err.string() + " </dev/null").c_str());
    return {WEXITSTATUS(status), bytes_of(out), bytes_of(err)};
  }
  void require(const std::string& line) const {
    const Outcome outcome = run(line);
    INFO(line << "\n" << outcome.err);
    REQUIRE(outcome.exit_code == 0);
  }

 private:
  /// Of seg convert, for each format in a folder of its own.
  void write_sources() const {
    for (const char* name : {"convert", "msd"})
      write_old_task(folder / name / "Task04_Hippocampus", "");
    write_old_task(folder / "v1/Task04_Hippocampus", "_0000");
    write_scan_with_labels(folder / "table/s.nii.gz", folder / "table/m.nii.gz", 1);
    write_text(folder / "table/scans.csv", "case,MRI,label\na,s.nii.gz,m.nii.gz\n");
    const fs::path study = folder / "bids/study";
    for (const char* channel : {"T1w", "FLAIR"})
      write_scan_with_labels(study / "sub-1/anat" / (std::string("sub-1_") + channel + ".nii.gz"),
                             study / "derivatives/one/sub-1/anat/sub-1_dseg.nii.gz", 1);
    write_scan_with_labels(folder / "files/scans/p1/x.nii.gz",
                           folder / "files/scans/masks/x_seg.nii.gz", 1);
    fs::create_directories(folder / "example-data");
  }
  /// Predictions of the one scan, and what goes with them.
  void write_results() const {
    const std::string predict = std::string("seg predict --threads 1 --model ") + kModel +
                                " --input scans --output segmentations";
    require(predict);
    for (const char* name : {"_2d", "_3d"}) {
      const std::string predictions = std::string("predictions") + name;
      require(predict.substr(0, predict.rfind(' ')) + ' ' + predictions + " --save-probabilities");
      fs::copy(folder / "segmentations", folder / (std::string("segmentations") + name),
               fs::copy_options::recursive);
    }
    for (const char* labels : {"labels", "Dataset001_Phantom/labelsTs"}) {
      fs::create_directories(folder / labels);
      fs::copy_file(folder / "segmentations/case.nii.gz", folder / labels / "case.nii.gz");
    }
    for (const char* name : {"_2d", "_3d"})
      require(std::string("seg evaluate --reference labels --prediction segmentations") + name);
    require("seg postprocess --input segmentations_2d --reference labels");
    fs::copy_file(folder / "segmentations_2d/postprocessing.json", folder / "postprocessing.json");
    require(std::string("seg export ") + kModel + " -o " + kDataset + ".zip");
  }
  /// Validations as five folds leave them: of a model with and one without a name.
  void write_trained_runs() const {
    const fs::path results = folder / "seg_work" / kDataset / "results";
    for (const char* run : {"nnUNetTrainer__", "nnUNetTrainer-low-rate__"})
      for (int number = 0; number < 5; ++number) {
        const fs::path validation = results / (std::string(run) + "nnUNetPlans__3d_fullres") /
                                    ("fold_" + std::to_string(number)) / "validation";
        const std::string name = case_name(number);
        data::write_label_map(validation / (name + ".nii.gz"), ball(number).label, tiny_geometry());
        write_text(validation / (name + ".npz"), "not read by a dry run");
      }
  }
};

/// Where a command's examples are typed: below the place, where they would meet what others need.
std::string folder_of(const std::string& command) {
  if (command.starts_with("convert ")) return command.substr(8);
  for (const char* alone : {"convert", "train", "example-data"})
    if (command == alone) return command;
  return ".";
}

}  // namespace

TEST_CASE("every command's help ends with examples of itself") {
  const auto commands = all_commands();
  for (const std::string known : {"plan", "ensemble", "postprocess", "report", "convert bids"})
    CHECK(std::ranges::count(commands, known) == 1);
  for (const std::string& command : commands) {
    INFO(command);
    const auto examples = examples_in(help_of(command));
    CHECK_FALSE(examples.empty());
    for (const std::string& example : examples)
      CHECK((example + ' ').starts_with("seg " + command + ' '));
  }
}

TEST_CASE("the examples of the help texts do what they show") {
  const ExamplePlace place;
  const bool downloads = fs::exists(data::plugin_file("download"));
  const std::string here = "file://" + place.folder.path().string();
  const std::string sum = train::sha256_of(place.folder / (std::string(kDataset) + ".zip"));
  for (const std::string& command : all_commands()) {
    const std::string& help = help_of(command);
    for (std::string example : examples_in(help)) {
      const auto address = example.find("https://example.org");
      if (address != std::string::npos) {
        if (!downloads) continue;
        example.replace(address, std::string("https://example.org").size(), here);
        example.replace(example.find("--sha256 ") + 9, 64, sum);
      }
      // Without, where nothing is known before it is done, or so that it is seen once at least.
      const bool whole = address != std::string::npos || contains(example, "--explain");
      const bool dry = !whole && contains(help, "--dry-run");
      const std::string line =
          "cd " + folder_of(command) + " && " + example + (dry ? " --dry-run" : "");
      const Outcome outcome = place.run(line);
      INFO(line << "\n" << outcome.err);
      CHECK(outcome.exit_code == 0);
    }
  }
}
