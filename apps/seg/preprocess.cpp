#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "commands.hpp"
#include "dry_run.hpp"
#include "option_checks.hpp"
#include "ranks.hpp"
#include "run_record.hpp"
#include "seg/data/cores.hpp"
#include "seg/data/work_folder.hpp"
#include "terminal.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

struct PreprocessArguments {
  fs::path work;
  std::string configuration, plans_name;
  int jobs = data::all_cores();
  std::int64_t memory = 0;
};

std::vector<std::string> configurations(const PreprocessArguments& options,
                                        const plan::Plans& plans) {
  if (options.configuration == "all") return plans.configuration_names();
  return {data::full_configuration_name(options.configuration)};
}

void preprocess(PreprocessArguments options, const CLI::App& command) {
  data::Ranks* ranks = join_run({options.jobs, command.count("--jobs") > 0, options.memory});
  const Reporter reporter = terminal_reporter();
  const data::WorkFolder work{options.work};
  const plan::Plans plans = data::read_work_plans(work, options.plans_name);
  std::vector<plan::Configuration> wanted;  // all are looked at before the first is begun
  for (const std::string& name : configurations(options, plans))
    wanted.push_back(plans.configuration(name));
  const auto work_options = [&](const plan::Configuration& one) {
    return data::PreprocessWorkOptions{.configuration = one.name,
                                       .plans_name = options.plans_name,
                                       .jobs = options.jobs,
                                       .memory = options.memory,
                                       .ranks = ranks};
  };
  if (is_dry_run(command)) {
    std::vector<std::string> lines;
    for (const plan::Configuration& one : wanted)
      std::ranges::move(data::preprocess_intentions(work, work_options(one), reporter),
                        std::back_inserter(lines));
    return print_intentions(lines, work.record("preprocess"));
  }
  RunRecord record = start_record(command);
  for (const plan::Configuration& one : wanted) {
    data::preprocess_work(work, work_options(one), reporter);
    std::cout << one.name << ": " << work.preprocessed(one).string() << '\n';
  }
  finish_record(std::move(record), work.record("preprocess"));
}

}  // namespace

void add_preprocess_options(CLI::App& command) {
  command.footer("Example:\n  seg preprocess seg_work/Dataset004_Hippocampus --config 3d");
  auto options = std::make_shared<PreprocessArguments>();
  command.add_option("WORK", options->work, "folder made by seg plan")->required();
  command.add_option("--config", options->configuration, "2d, 3d, 3d_lowres, ... or all")
      ->required();
  command.add_option("--plans-name", options->plans_name, "plans to use, if they have a name");
  command.add_option("--jobs", options->jobs, "cases at the same time")->check(above_zero());
  add_max_memory(command, options->memory);
  add_dry_run(command);
  command.callback([options, &command] { preprocess(*options, command); });
}

}  // namespace seg::app
