#include "catch.hpp"
#include "machine_findings.hpp"
#include "run_seg.hpp"
#include "seg/data/cores.hpp"
#include "seg/data/plugin.hpp"
#include "seg/plan/files.hpp"
#include "seg/plan/joined.hpp"
#include "text.hpp"

using namespace seg;
using namespace seg::test;

namespace {

/// Where nothing is to be said.
app::Machine good_machine() {
  app::Machine machine;
  machine.has_avx512 = machine.has_amx = machine.has_bf16 = true;
  machine.disk_speed = 800;
  return machine;
}

std::string advice(const app::Machine& machine) { return joined(what_to_do(machine), "\n"); }

std::string doctor(const std::string& variables) {
  RunningSeg running({"doctor"}, "env " + variables + " ");
  const Outcome outcome = running.outcome();
  CHECK(outcome.exit_code == 0);
  return outcome.out;
}

}  // namespace

TEST_CASE("doctor uses the options' words and leaves nothing in the folder") {
  const TemporaryFolder folder;
  const std::string told = doctor("-C " + folder.path().string());
  for (const char* word : {"--device auto ", "--precision auto ", "--threads 0 ", "AMX ",
                           "free memory", "what to do\n- "})
    CHECK_THAT(told, ContainsSubstring(word));
  CHECK_THAT(told, !ContainsSubstring("BFloat16"));
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("doctor tells where nnU-Net's variables lead, and which lead nowhere") {
  const TemporaryFolder folder;
  const std::string there = folder.path().string();
  const std::string told =
      doctor("-u nnUNet_preprocessed nnUNet_raw=" + there + " nnUNet_results=/nowhere");
  const auto row = [&](const std::string& name) {
    const auto rows = lines_with(told, name + "  ");
    REQUIRE(rows.size() == 1);
    return rows.front().substr(rows.front().find_first_not_of(' ', name.size()));
  };
  CHECK(row("nnUNet_raw") == there);
  CHECK(row("nnUNet_preprocessed") == "not set");
  CHECK(row("nnUNet_results") == "/nowhere (no such folder)");
  CHECK_THAT(told, ContainsSubstring("\n- nnUNet_results=/nowhere names no folder"));
  CHECK_THAT(told, !ContainsSubstring("- nnUNet_raw"));
}

TEST_CASE("doctor tells of every optional part whether it can be used") {
  const Json found = Json::parse(run_seg({"doctor", "--json"}).out);
  const std::string told = run_seg({"doctor"}).out;
  const Json versions = found.at("versions");
  const std::string all = versions.at("optional parts").get<std::string>() + ", " +
                          versions.at("parts left out").get<std::string>();
  int parts = 0;
  std::istringstream labels(all);
  for (std::string name; std::getline(labels >> std::ws, name, ',');) {
    INFO(name);
    ++parts;
    REQUIRE(lines_with(told, name + "  ").size() == 1);
    const bool is_in =
        versions.at("optional parts").get<std::string>().find(name) != std::string::npos;
    const std::string row = lines_with(told, name + "  ").front();
    CHECK((row.find("  yes") != std::string::npos) == is_in);
  }
  CHECK(found.at("parts").size() == static_cast<std::size_t>(parts));
  for (const auto& [name, usable] : found.at("parts").items())
    if (std::filesystem::exists(data::plugin_file(name))) CHECK(usable == true);
}

TEST_CASE("doctor tells a part whose library cannot be loaded") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "bin");
  std::filesystem::create_directories(folder / "lib/seg");
  std::filesystem::copy_file(SEG_PROGRAM, folder / "bin/seg");
  write_text(folder / "lib/seg/libseg_dicom.so", "no library");
  const Outcome outcome = RunningSeg({"doctor"}, "", (folder / "bin/seg").string()).outcome();
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK_THAT(outcome.out, ContainsSubstring("\nDICOM  ") && ContainsSubstring("  no: ") &&
                              ContainsSubstring("libseg_dicom.so: "));
}

TEST_CASE("doctor notices more threads than cores") {
  const std::string cores = std::to_string(data::all_cores());
  CHECK_THAT(doctor("OMP_NUM_THREADS=1000"),
             ContainsSubstring("OMP_NUM_THREADS=1000 asks") &&
                 ContainsSubstring("set OMP_NUM_THREADS=" + cores + " ("));
  CHECK_THAT(doctor("OMP_NUM_THREADS=1"), !ContainsSubstring("set OMP_NUM_THREADS"));
}

TEST_CASE("doctor says what to do about each thing that slows a machine down") {
  CHECK(what_to_do(good_machine()).empty());
  app::Machine machine = good_machine();
  SECTION("a quota without a variable") {
    machine.default_threads = 64;
    machine.cores = 2;
    CHECK_THAT(advice(machine), ContainsSubstring("64 threads, more than the 2 cores") &&
                                    ContainsSubstring("set OMP_NUM_THREADS=2"));
  }
  SECTION("an old processor, unless a GPU computes") {
    machine.has_avx512 = machine.has_amx = machine.has_bf16 = false;
    CHECK(what_to_do(machine).size() == 3);
    CHECK_THAT(advice(machine), ContainsSubstring("no AVX-512") && ContainsSubstring("no AMX") &&
                                    ContainsSubstring("--precision auto computes in fp32"));
    machine.computes_on_cpu = false;
    CHECK(what_to_do(machine).empty());
  }
  SECTION("instructions left unused") {
    machine.narrowed_to = "avx2";
    CHECK_THAT(advice(machine), ContainsSubstring("SEG_INSTRUCTION_SET=avx2"));
  }
  SECTION("a driver and no CUDA") {
    machine.has_driver = true;
    CHECK_THAT(advice(machine), ContainsSubstring("CMAKE_PREFIX_PATH"));
    machine.built_for_cuda = true;
    CHECK_THAT(advice(machine), ContainsSubstring("nvidia-smi"));
  }
  SECTION("a slow disk, and one that cannot be tried") {
    machine.disk_speed = 12.4;
    CHECK_THAT(advice(machine), ContainsSubstring("writes 12 MB/s"));
    machine.disk_speed.reset();
    CHECK_THAT(advice(machine), ContainsSubstring("was not tried"));
  }
}
