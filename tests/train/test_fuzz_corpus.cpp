#include <map>

#include "fuzz/targets.hpp"
#include "seg/data/plugin.hpp"
#include "seg/plan/error.hpp"
#include "test_files.hpp"

#include "catch.hpp"

using namespace seg;
namespace fs = std::filesystem;

TEST_CASE("what fuzzing began with and found is read, or refused with an error") {
  const std::map<std::string, void (*)(const fs::path&)> targets{
      {"dcm", fuzz::read_dicom},        {"npy", fuzz::read_array},
      {"npz", fuzz::read_array_in_zip}, {"pth", fuzz::read_checkpoint},
      {"json", fuzz::read_json_files},  {"zip", fuzz::install}};
  int count = 0;
  for (const auto& entry :
       fs::recursive_directory_iterator(test::committed_files() / "../fuzz/corpus")) {
    const std::string ending = entry.path().parent_path().filename().string();
    const bool cannot_be_read = ending == "dcm" && !fs::exists(data::plugin_file("dicom"));
    if (!entry.is_regular_file() || cannot_be_read) continue;
    INFO(entry.path().string());
    const test::TemporaryFolder folder;
    fs::copy_file(entry.path(), folder / ("case." + ending));
    const auto target = targets.find(ending);
    try {
      (target == targets.end() ? fuzz::read_image : target->second)(folder / ("case." + ending));
    } catch (const Error& error) {
      CHECK(std::string(error.what()).find("case") != std::string::npos);
    }
    ++count;
  }
  CHECK(count >= 60);
}
