#include "json_result.hpp"

#include <iostream>

#include "option_names.hpp"

namespace seg::app {
namespace {

constexpr char kOption[] = "--json";

}  // namespace

void add_json(CLI::App& command) {
  const std::string text = "print the result as JSON, and nothing else, on stdout";
  auto* json = command.add_flag(kOption, text);
  if (auto* dry_run = command.get_option_no_throw("--dry-run")) json->excludes(dry_run);
}

bool wants_json(const CLI::App& command) { return command.count(kOption) > 0; }

Json failed_json(const std::vector<train::FailedCase>& failed) {
  Json json = Json::array();
  for (const train::FailedCase& one : failed)
    json.push_back(
        {{"case", one.name}, {"error", with_option_names(one.line)}, {"kind", name_of(one.kind)}});
  return json;
}

void print_json(const Json& result) {
  std::cout << result.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

}  // namespace seg::app
