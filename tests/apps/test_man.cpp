#include <cstdlib>

#include "catch.hpp"
#include "run_seg.hpp"
#include "skip.hpp"
#include "text.hpp"

// The manual page that seg man writes.

using namespace seg::test;

namespace {

/// The page, as troff reads it.
std::string manual_page() {
  const Outcome outcome = run_seg({"man"});
  REQUIRE(outcome.exit_code == 0);
  return outcome.out;
}

/// What it says about an option of a command.
std::string manual_of(const std::string& all, const std::string& command,
                      const std::string& option) {
  const auto start = all.find(".SS seg " + command + "\n");
  REQUIRE(start != std::string::npos);
  const std::string part = all.substr(start, all.find("\n.SS", start + 1) - start);
  const auto at = part.find("\\fB" + option + "\\fR");
  REQUIRE(at != std::string::npos);
  return part.substr(at, part.find("\n.", at) - at);
}

bool has_program(const std::string& name) {
  return std::system(("command -v " + name + " >/dev/null").c_str()) == 0;
}

}  // namespace

TEST_CASE("the manual page names the arguments of options and the values that they take") {
  const std::string all = manual_page();
  for (const char* command : {"plan", "convert bids", "example\\-data"})
    CHECK(contains(all, std::string(".SS seg ") + command + "\n"));
  const auto check = [&](const char* command, const char* option, const char* text) {
    CHECK_THAT(manual_of(all, command, option), ContainsSubstring(text));
  };
  check("train", "\\-\\-precision", "\\fIVALUE\\fR\n");
  check("train", "\\-\\-precision", "One of auto, fp32, bf16, fp16.");
  check("plan", "\\-\\-spacing", " \\fINUMBER\\fR \\fINUMBER\\fR \\fINUMBER\\fR\n");
  check("plan", "\\-\\-folds", "\\fIN\\fR\n");
  check("plan", "\\-\\-folds", "From 2 to 1000.");
  check("plan", "\\-\\-jobs", "Default: the cores.");
  check("evaluate", "\\-\\-metrics", "\\fIVALUE\\fR,...");
  check("evaluate", "\\-\\-metrics", "Of dice, iou, hd,");
  check("plan", "\\-\\-verify", "fR\n");  // a flag takes nothing
  check("plan", "\\-\\-dataset\\-json", "With \\-\\-from\\-fingerprint only.");
  check("predict", "\\-\\-model", "Required.");
}

TEST_CASE("the manual page tells the environment and the exit codes") {
  const std::string all = manual_page();
  const auto environment = all.substr(all.find(".SH ENVIRONMENT"));
  for (const char* name : {"nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results", "NO_COLOR",
                           "SEG_INSTRUCTION_SET", "SEG_RANK_TIMEOUT", "OMP_NUM_THREADS"})
    CHECK_THAT(environment, ContainsSubstring(std::string("\\fB") + name));
  const auto codes = all.substr(all.find(".SH EXIT STATUS"));
  for (const char* code : {"0", "1", "2", "130", "143"})
    CHECK_THAT(codes, ContainsSubstring(".TP\n\\fB" + std::string(code) + "\\fR\n"));
}

TEST_CASE("programs that format manual pages find nothing to say about seg's") {
  const TemporaryFolder folder;
  const std::string file = (folder / "seg.1").string();
  write_text(file, manual_page());
  int tried = 0;
  // mandoc wants a date, which would make each build another.
  for (const auto& [program, command] : std::vector<std::pair<std::string, std::string>>{
           {"groff", "groff -k -man -ww -Tutf8 " + file + " 2>&1 >/dev/null"},
           {"man", "MANROFFSEQ= man --warnings -l " + file + " 2>&1 >/dev/null"},
           {"mandoc", "mandoc -Tlint -Wwarning " + file + " | grep -v 'missing date'"}}) {
    if (!has_program(program)) continue;
    ++tried;
    const std::string out = (folder / "out").string();
    if (std::system(("(" + command + ") >" + out).c_str()) < 0) FAIL(command);
    INFO(command);
    CHECK(file_content(out).empty());
  }
  if (tried == 0) skip("there is no groff, man or mandoc");
}
