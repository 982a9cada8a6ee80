#include "run_record.hpp"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <sys/resource.h>

#include <ctime>
#include <string>

#include "seg/net/instruction_set.hpp"

#include "json_result.hpp"
#include "ranks.hpp"
#include "terminal.hpp"
#include "version.hpp"

namespace seg::app {
namespace {

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::string text(sizeof "2000-01-01T00:00:00Z" - 1, ' ');
  std::strftime(text.data(), text.size() + 1, "%FT%TZ", &parts);
  return text;
}

/// Numbers and booleans as such, everything else as text.
Json typed(const std::string& text) {
  const Json value = Json::parse(text, nullptr, false);
  return value.is_number() || value.is_boolean() ? value : Json(text);
}

Json value_of(const CLI::Option& option) {
  const bool flag = option.get_expected_max() == 0;
  if (option.count() == 0)
    return option.get_default_str().empty() ? Json(flag ? Json(false) : Json())
                                            : typed(option.get_default_str());
  if (flag) return option.as<bool>();
  if (option.results().size() == 1) return typed(option.results().front());
  Json values = Json::array();
  for (const std::string& text : option.results()) values.push_back(typed(text));
  return values;
}

Json options_of(const CLI::App& command) {
  Json options = Json::object();
  for (const CLI::Option* option : command.get_options())
    if (option->get_single_name() != "help") options[option->get_single_name()] = value_of(*option);
  return options;
}

/// The most memory that the process has held so far.
std::int64_t peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} * 1024;
}

}  // namespace

RunRecord start_record(const CLI::App& command) {
  terminal_reporter().note(command.get_name() + ": " + versions().dump() + ", instructions " +
                           net::instruction_set_name(net::instruction_set()) + ", " +
                           std::to_string(at::get_num_threads()) + " threads");
  return {{{"command", command.get_name()},
           {"options", options_of(command)},
           {"versions", versions()},
           {"instruction_set", net::instruction_set_name(net::instruction_set())},
           {"instruction_set_of_libtorch", at::get_cpu_capability()},
           {"started", utc_now()}},
          std::chrono::steady_clock::now()};
}

std::vector<std::string> recorded(RunRecord record, const std::filesystem::path& file,
                                  const std::function<std::vector<std::string>()>& work) {
  try {
    std::vector<std::string> cases = work();
    record.json["cases"] = cases;
    finish_record(std::move(record), file);
    return cases;
  } catch (const train::SomeFailed& some) {
    record.json["cases"] = some.outcomes().finished;
    record.json["failed"] = failed_json(some.outcomes().failed);
    finish_record(std::move(record), file);
    throw;
  }
}

void finish_record(RunRecord record, const std::filesystem::path& file) {
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - record.start;
  record.json["finished"] = utc_now();
  record.json["seconds"] = taken.count();
  record.json["peak_memory_bytes"] = peak_memory();
  record.json["threads"] = at::get_num_threads();  // as set by then, or as set by itself
  if (processes_of_run() > 1) record.json["processes"] = processes_of_run();
  if (!writes_for_run()) return;
  write_json(file, record.json);
}

}  // namespace seg::app
