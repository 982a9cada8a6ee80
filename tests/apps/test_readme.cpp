#include <algorithm>
#include <functional>
#include <map>
#include <regex>
#include <set>

#include "catch.hpp"
#include "run_seg.hpp"
#include "text.hpp"

// README.md and the program must know the same commands and options.

using namespace seg::test;

namespace {

using Words = std::vector<std::string>;

/// All matches of a pattern's first group.
Words found_in(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  Words found;
  for (std::sregex_iterator i(text.begin(), text.end(), expression), end; i != end; ++i)
    found.push_back((*i)[1]);
  return found;
}

std::string replaced(const std::string& text, const std::string& pattern, const std::string& by) {
  return std::regex_replace(text, std::regex(pattern), by);
}

/// Options of every command by its words; "convert table" comes before "convert".
using Known = std::map<std::string, std::set<std::string>, std::greater<>>;

/// Those that the manual page has.
Known known_options() {
  Known known;
  std::istringstream page(replaced(run_seg({"man"}).out, R"(\\-)", "-"));
  std::string command;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with(".SS seg ")) known[command = line.substr(8)];
    if (line.starts_with("\\fB-"))
      for (const std::string& option : found_in(line, "(--?[a-z][-a-z0-9]*)"))
        known[command].insert(option);
  }
  return known;
}

std::string readme() { return file_content(committed_files() / "../../README.md"); }

/// Lines of the blocks of commands, and what stands between backticks elsewhere.
Words code_in(const std::string& text) {
  Words code;
  for (const std::string& block : found_in(text, "```sh\n([^`]*)```")) {
    std::istringstream lines(replaced(block, R"(\\\n *)", ""));
    for (std::string line; std::getline(lines, line);) code.push_back(line);
  }
  for (const std::string& span : found_in(replaced(text, "```[^`]*```", ""), "`([^`]+)`"))
    code.push_back(replaced(span, R"(\s+)", " "));
  return code;
}

}  // namespace

TEST_CASE("README names every command, and no option that its command lacks") {
  const auto known = known_options();
  REQUIRE(known.size() > 20);
  const Words code = code_in(readme());
  for (const auto& [command, options] : known) {
    const std::string last = command.substr(command.rfind(' ') + 1);
    INFO("seg " << command);
    CHECK(std::ranges::any_of(code, [&](const std::string& one) {
      return contains(one, "seg " + command) || one == last || contains(one, "|" + last) ||
             contains(one, last + "|");
    }));
  }
  std::set<std::string> any;
  for (const auto& [command, options] : known) any.insert(options.begin(), options.end());
  for (const std::string& one : code) {
    if (!one.starts_with("seg ") && !one.starts_with("-")) continue;  // of another program
    const auto command = std::ranges::find_if(known, [&](const auto& entry) {
      return one == "seg " + entry.first || one.starts_with("seg " + entry.first + " ");
    });
    for (const std::string& option : found_in(one, "(?:^| )(--[a-z][-a-z0-9]*|-[a-z])(?= |$)")) {
      INFO(one << ": " << option);
      const bool is_general = option == "-h" || option == "--version";
      CHECK((is_general || (command == known.end() ? any : command->second).contains(option)));
    }
  }
}

TEST_CASE("README names what seg does beside plan, train and predict") {
  const std::string text = readme();
  for (
      const char* feature :
      {"DICOM",         "dicom-seg",      "--terminology", "--output-type",   "--probabilities",
       "--uncertainty", "--split-labels", "--labels",      "--largest",       "--remove-small",
       "--statistics",  "bids",           "--link",        "--map",           "--group-by",
       "--splits",      "--folds",        "--metrics",     "--nsd-tolerance", "--csv",
       "--confidence",  "--compare",      "--name",        "--network",       "--overwrite",
       "--all",         "all-folds",      "--devices",     "--validate",      "--no-checkpoints",
       "--volumes",     "`-q`",           "`-v`",          "--json",          "NO_COLOR",
       "--dry-run",     "130 or",         "--sha256",      "nnUNet_raw",      "nnUNet_preprocessed",
       "nnUNet_results"}) {
    INFO(feature);
    CHECK(contains(text, feature));
  }
}
