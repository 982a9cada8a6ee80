#include <algorithm>

#include "catch.hpp"
#include "seg/data/plugin.hpp"
#include "text.hpp"
#include "tiny_model.hpp"

namespace fs = std::filesystem;
using namespace seg::test;

namespace {

/// The program as a package holds it that leaves all plugins out.
struct BareProgram {
  TemporaryFolder folder;
  BareProgram() {
    fs::create_directory(folder / "bin");
    fs::copy_file(SEG_PROGRAM, folder / "bin/seg");
  }
  Outcome run(const std::vector<std::string>& arguments) const {
    return RunningSeg(arguments, "", (folder / "bin/seg").string()).outcome();
  }
};

const std::vector<std::pair<std::string, std::string>> labels_and_plugins{
    {"download", "download"},
    {"progress plot", "progress_plot"},
    {"DICOM segmentations", "dicom_seg"},
    {"MPI", "mpi"},
    {"OpenVINO", "openvino"}};

}  // namespace

TEST_CASE(
    "the version names the optional parts that are there, not those that a package leaves out") {
  const BareProgram bare;
  for (const std::string command : {"--version", "doctor"}) {
    const std::string built = run_seg({command}).out, packed = bare.run({command}).out;
    const std::string parts = lines_with(built, "optional parts ").at(0);
    for (const auto& [label, plugin] : labels_and_plugins) {
      INFO(command << ": " << label);
      CHECK(contains(parts, label) == fs::exists(seg::data::plugin_file(plugin)));
      CHECK_FALSE(contains(lines_with(packed, "optional parts ").at(0), label));
      CHECK(contains(lines_with(packed, "parts left out ").at(0), label));
    }
  }
}

TEST_CASE("a training warns once of the picture that it cannot draw") {
  const BareProgram bare;
  const fs::path work = bare.folder / "work";
  REQUIRE(plan_tiny_dataset(bare.folder.path()).exit_code == 0);
  std::vector<std::string> arguments = tiny_training(work);
  *(std::find(arguments.begin(), arguments.end(), "--epochs") + 1) = "3";
  const Outcome outcome = bare.run(arguments);
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  const std::string warning = "warning: the part \"progress_plot\" of seg";
  CHECK(outcome.err.find(warning) != std::string::npos);
  CHECK(outcome.err.find(warning) == outcome.err.rfind(warning));
  CHECK_FALSE(fs::exists(model_in(work) / "fold_0/progress.png"));
}
