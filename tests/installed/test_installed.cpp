#include <ATen/ATen.h>

#include <fstream>

#include "apps/run_seg.hpp"
#include "apps/tiny_model.hpp"
#include "catch.hpp"
#include "seg/version.h"
#include "train/small_model.hpp"

// What others build is tried against an installed seg: the programs of apps/examples, which
// install.cmake built.

namespace fs = std::filesystem;
using namespace seg;
using seg::test::Outcome;

namespace {

Outcome run(const std::string& command, const test::TemporaryFolder& folder) {
  const std::string out = (folder / "out").string(), err = (folder / "err").string();
  const int status = std::system((command + " >" + out + " 2>" + err).c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), test::file_content(out),
          test::file_content(err)};
}

std::string example(const std::string& name) { return SEG_EXAMPLES "/" + name; }

/// A model with random weights, scans, and what the installed program makes of them.
struct Predicted {
  test::TemporaryFolder folder;
  std::vector<std::string> names{"noise"};

  Predicted() {
    at::manual_seed(1);
    test::write_small_model(folder / "model", {"0", "1"});
    test::write_small_scan(folder / "scans/noise_0000.nii.gz");
    const fs::path real =
        test::shared_data() / "data/Dataset004_Hippocampus/imagesTr/hippocampus_003_0000.nii.gz";
    if (fs::exists(real)) {
      fs::copy_file(real, folder / "scans/hippocampus_0000.nii.gz");
      names.push_back("hippocampus");
    }
    const Outcome outcome =
        test::run_seg({"predict", "-m", (folder / "model").string(), "-i",
                       (folder / "scans").string(), "-o", (folder / "predicted").string()});
    INFO(outcome.err);
    REQUIRE(outcome.exit_code == 0);
  }
  std::string model() const { return (folder / "model").string(); }
  std::string scan(const std::string& name) const {
    return (folder / ("scans/" + name + "_0000.nii.gz")).string();
  }
  data::Image labels(const std::string& name) const {
    return data::read_label_map(folder / ("predicted/" + name + ".nii.gz"));
  }
};

void write_raw(const fs::path& file, const at::Tensor& voxels) {
  std::ofstream(file, std::ios::binary)
      .write(static_cast<const char*>(voxels.const_data_ptr()),
             static_cast<std::streamsize>(voxels.nbytes()));
}

at::Tensor read_raw_labels(const fs::path& file, at::IntArrayRef shape) {
  const at::Tensor labels = at::empty(shape, at::kShort);
  std::ifstream(file, std::ios::binary)
      .read(static_cast<char*>(labels.mutable_data_ptr()),
            static_cast<std::streamsize>(labels.nbytes()));
  return labels;
}

/// Sizes or spacings in the order x, y, z.
template <typename T>
std::string three(T x, T y, T z) {
  std::ostringstream text;
  text.precision(17);
  text << ' ' << x << ' ' << y << ' ' << z;
  return text.str();
}

}  // namespace

TEST_CASE("a program on ITK makes the same masks as seg predict, with one model for all scans") {
  const Predicted predicted;
  std::string command = "env -i ";
  command += example("segment_itk") + " " + predicted.model();
  for (const auto& name : predicted.names)
    command += ' ' + predicted.scan(name) + ' ' + (predicted.folder / (name + ".nii.gz")).string();
  const Outcome outcome = run(command, predicted.folder);
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK(outcome.out.empty());
  for (const auto& name : predicted.names) {
    const data::Image made = data::read_label_map(predicted.folder / (name + ".nii.gz"));
    const data::Image expected = predicted.labels(name);
    CHECK(expected.data.gt(0).any().item<bool>());
    CHECK(at::equal(made.data, expected.data));
    CHECK(made.geometry.spacing == expected.geometry.spacing);
    CHECK(made.geometry.origin == expected.geometry.origin);
    CHECK(made.geometry.direction == expected.geometry.direction);
  }
}

namespace {

/// Runs a program that takes MODEL SCAN LABELS SIZES SPACINGS on bare voxels.
void check_on_bare_voxels(const std::string& program) {
  const Predicted predicted;
  for (const auto& name : predicted.names) {
    const data::Image scan = data::read_image({predicted.scan(name)});
    write_raw(predicted.folder / "scan.raw", scan.data);
    const auto shape = scan.data.sizes();
    const auto& spacing = scan.geometry.spacing;
    const Outcome outcome =
        run(std::string("env -i ") + program + " " + predicted.model() + " " +
                (predicted.folder / "scan.raw").string() + " " +
                (predicted.folder / "labels.raw").string() + three(shape[3], shape[2], shape[1]) +
                three(spacing[0], spacing[1], spacing[2]),
            predicted.folder);
    INFO(outcome.err);
    REQUIRE(outcome.exit_code == 0);
    const data::Image expected = predicted.labels(name);
    CHECK(at::equal(read_raw_labels(predicted.folder / "labels.raw", expected.data.sizes()),
                    expected.data));
  }
}

}  // namespace

TEST_CASE("a program in C makes the same masks as seg predict") {
  check_on_bare_voxels(example("segment_raw"));
}

#ifdef SEG_PYTHON
TEST_CASE("the Python module makes the same masks as seg predict, in threads and beside torch") {
  check_on_bare_voxels(SEG_PYTHON);
}
#endif

TEST_CASE("a program in C hears what is wrong") {
  const Predicted predicted;
  const Outcome outcome =
      run(example("segment_raw") + " /nowhere /dev/zero /dev/null 4 4 4 1 1 1", predicted.folder);
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.err, ContainsSubstring("/nowhere: there is no such model folder"));
}

TEST_CASE("the installed program starts in an empty environment and finds its parts") {
  const test::TemporaryFolder folder;
  const Outcome outcome = run("cd / && env -i " SEG_PROGRAM " --version", folder);
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.out, ContainsSubstring("seg " SEG_VERSION_STRING));
}

#if SEG_HAS_TEXTS
TEST_CASE("the manual page and the completions lie where man and the shells look") {
  const fs::path share = fs::path(SEG_PROGRAM).parent_path().parent_path() / SEG_SHARE;
  const test::TemporaryFolder folder;
  for (const auto& [file, command] : std::vector<std::pair<std::string, std::string>>{
           {"man/man1/seg.1", "man"},
           {"bash-completion/completions/seg", "completion bash"},
           {"zsh/site-functions/_seg", "completion zsh"},
           {"fish/vendor_completions.d/seg.fish", "completion fish"}}) {
    INFO(file);
    const std::string written = test::file_content(share / file);
    CHECK_FALSE(written.empty());
    CHECK(written == run("env -i " SEG_PROGRAM " " + command, folder).out);
  }
}
#endif

TEST_CASE("programs build on an installed seg's layers, and on those of a build tree") {
  const Predicted predicted;
  for (const std::string tree : {"with_layers", "of_build_tree"}) {
    const Outcome outcome =
        run("env -i " SEG_ON_LAYERS "/" + tree + "/outputs " + predicted.model(), predicted.folder);
    INFO(outcome.err);
    CHECK(outcome.out == "3\n");
  }
  const std::string scan = predicted.scan("noise");
  const Outcome sum = run("sha256sum " + scan, predicted.folder);
  const Outcome outcome =
      run("env -i " SEG_ON_LAYERS "/with_layers/logits " + predicted.model() + " " + scan,
          predicted.folder);
  INFO(outcome.err);
  CHECK(outcome.out == sum.out.substr(0, 64) + " [1, 14, 20, 18] [1, 5, 16, 16, 16]\n");
}

TEST_CASE("a program plans and trains in its own process") {
  const test::TemporaryFolder folder;
  test::write_tiny_dataset(folder / "Dataset001_Ball");
  const Outcome outcome =
      run(std::string("env -i ") + example("train_in_process") + " " +
              (folder / "Dataset001_Ball").string() + " " + (folder / "work").string() +
              " 3d '{\"epochs\": 1, \"iterations\": 1, \"val_iterations\": 1, \"batch_size\": 2}'",
          folder);
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK_THAT(outcome.out, ContainsSubstring("epoch 1 of 1"));
  CHECK(fs::exists(test::model_in(folder / "work") / "fold_0/checkpoint_final.pth"));
}
