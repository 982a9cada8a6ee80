#include <array>
#include <cstdlib>
#include <fstream>

#include "catch.hpp"
#include "run_seg.hpp"
#include "skip.hpp"
#include "text.hpp"

// What the shells complete, by the shells themselves.

namespace fs = std::filesystem;
using namespace seg::test;

namespace {

bool has_shell(const std::string& name) {
  if (std::system(("command -v " + name + " >/dev/null").c_str()) == 0) return true;
  skip("there is no " + name);
  return false;
}

/// Writes the shell's script to FOLDER/script.
std::string write_script(const TemporaryFolder& folder, const std::string& shell) {
  const Outcome written = run_seg({"completion", shell});
  REQUIRE(written.exit_code == 0);
  write_text(folder / "script", written.out);
  return (folder / "script").string();
}

/// What a command of the shell prints.
std::string printed(const TemporaryFolder& folder, const std::string& command) {
  const std::string out = (folder / "out").string();
  INFO(command);
  CHECK(std::system((command + " >" + out + " 2>&1").c_str()) == 0);
  return file_content(out);
}

/// Types words and a tab at a zsh on a terminal of its own, until the line is as expected, at most
/// ten seconds; prints what is shown.
constexpr char kTypist[] = R"(zmodload zsh/zpty zsh/datetime
zpty shell "TERM=dumb ZDOTDIR=$1 zsh -f -i"
wait_for() {
  local out all until=$((EPOCHSECONDS + 10))
  while ((EPOCHSECONDS < until)) && [[ $all != *"$1"* ]]; do
    if zpty -r -t shell out; then all+=$out; else sleep 0.02; fi
  done
  print -r -- "$all"
}
zpty -w shell "PS1=; setopt no_beep; source $1/script; cd $1; echo rea''dy"
wait_for ready >/dev/null
while read -r words; do
  read -r expected
  zpty -w -n shell "$words"$'\t'
  wait_for "$expected"
  zpty -w -n shell $'\x15'
done
zpty -d shell
)";

}  // namespace

TEST_CASE("bash completes commands, options and their values") {
  const TemporaryFolder folder;
  const std::string script = write_script(folder, "bash");
  const auto completed = [&](const std::string& words, const std::string& place) {
    return printed(folder, "bash -c '. " + script + "; COMP_WORDS=(" + words +
                               "); COMP_CWORD=" + place + "; _seg; echo ${COMPREPLY[*]}'");
  };
  CHECK(completed("seg eval", "1") == "evaluate\n");
  CHECK(completed("seg train --warm", "2") == "--warm-up-epochs\n");
  CHECK(completed("seg evaluate --nsd", "2") == "--nsd-tolerance\n");
  CHECK(completed("seg convert t", "2") == "table\n");
  CHECK(completed("seg convert table", "2") == "table\n");
  CHECK(completed("seg convert table --lab", "3") == "--labels\n");
  CHECK(completed("seg train work --precision b", "4") == "bf16\n");
  CHECK(completed("seg predict --precision = fp", "4") == "fp32 fp16\n");
  CHECK(completed("seg predict --engine =", "3") == "seg openvino\n");
  CHECK(completed("seg predict --engine=o", "2") == "--engine=openvino\n");  // = parts no words
  CHECK(completed("seg evaluate --metrics dice,hd", "3") == "dice,hd dice,hd95\n");
  CHECK(completed("seg evaluate --metrics=dice,iou,v", "2") == "--metrics=dice,iou,volume\n");
  CHECK(completed("seg train work --precision fp32,b", "4") == "\n");  // takes one
  CHECK(completed("seg completion z", "2") == "zsh\n");
  CHECK(completed("seg train --optimizer s", "3") == "sgd\n");
  CHECK(completed("seg --v", "1") == "--version\n");
  CHECK(run_seg({"completion", "tcsh"}).exit_code == 2);
}

TEST_CASE("fish is told the commands below convert and the values of options") {
  const Outcome written = run_seg({"completion", "fish"});
  REQUIRE(written.exit_code == 0);
  CHECK_THAT(written.out, ContainsSubstring("not __fish_seen_subcommand_from msd v1") &&
                              ContainsSubstring(" -f -a table -d ") &&
                              ContainsSubstring("from convert; and __fish_seen_subcommand_from "
                                                "table' -l labels") &&
                              ContainsSubstring("-l precision -x -a 'auto fp32 bf16 fp16'"));
}

TEST_CASE("zsh completes commands, options and their values") {
  if (!has_shell("zsh")) return;
  const TemporaryFolder folder;
  write_script(folder, "zsh");
  write_text(folder / "typist", kTypist);
  write_text(folder / "scan_of_somebody.nii.gz", "");
  const std::vector<std::array<std::string, 2>> lines{
      {"seg eval", "seg evaluate"},
      {"seg train --warm", "seg train --warm-up-epochs"},
      {"seg convert t", "seg convert table"},
      {"seg convert table --lab", "seg convert table --labels"},
      {"seg train work --precision b", "seg train work --precision bf16"},
      {"seg predict --precision=b", "seg predict --precision=bf16"},
      {"seg evaluate --metrics dice,vol", "seg evaluate --metrics dice,volume"},
      {"seg completion z", "seg completion zsh"},
      {"seg inspect scan", "seg inspect scan_of_somebody.nii.gz"}};
  std::string typed;
  for (const auto& [words, expected] : lines) typed += words + "\n" + expected + "\n";
  write_text(folder / "typed", typed);
  const std::string shown =
      printed(folder, "zsh -f " + (folder / "typist").string() + " " + folder.path().string() +
                          " <" + (folder / "typed").string());
  INFO(shown);
  for (const auto& [words, expected] : lines) CHECK(contains(shown, expected));
}

TEST_CASE("fish completes commands, options and their values") {
  if (!has_shell("fish")) return;
  const TemporaryFolder folder;
  const std::string script = write_script(folder, "fish");
  const auto completed = [&](const std::string& words) {
    return printed(folder, "HOME=" + folder.path().string() + " fish --no-config -c 'source " +
                               script + "; complete -C \"" + words + "\"'");
  };
  CHECK(completed("seg eval").starts_with("evaluate\tCompare"));
  CHECK(completed("seg train --warm").starts_with("--warm-up-epochs\t"));
  CHECK(completed("seg convert t").starts_with("table\t"));
  CHECK(completed("seg convert table --lab").starts_with("--labels\t"));
  CHECK(completed("seg train work --precision b").starts_with("bf16\t"));
  CHECK(completed("seg predict --precision=b").starts_with("--precision=bf16\t"));
  CHECK(completed("seg completion ") == "bash\nfish\nzsh\n");
}
