#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "commands.hpp"
#include "configurations_json.hpp"
#include "dataset_names.hpp"
#include "dry_run.hpp"
#include "json_result.hpp"
#include "option_checks.hpp"
#include "plan_like.hpp"
#include "ranks.hpp"
#include "run_record.hpp"
#include "seg/data/cores.hpp"
#include "seg/data/plan_dataset.hpp"
#include "seg/data/plan_splits.hpp"
#include "seg/data/verify.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/intention.hpp"
#include "seg/plan/joined.hpp"
#include "seg/plan/output_name.hpp"
#include "seg/plan/same_place.hpp"
#include "shell_word.hpp"
#include "table.hpp"
#include "terminal.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

struct PlanArguments {
  fs::path dataset, work;
  fs::path fingerprint, dataset_json, output;  // for planning without images
  plan::PlannerOptions planner;
  std::vector<double> spacing;
  LikeArguments like;
  data::SplitRequest splits{};
  std::string plans_name;
  int jobs = data::all_cores();
  std::int64_t memory = 0;
  data::Ranks* ranks = nullptr;
  bool verify = false, explain = false, json = false;
};

plan::PlannerOptions planner_options(const PlanArguments& options) {
  plan::PlannerOptions planner = options.planner;
  if (!options.plans_name.empty()) planner.plans_name = options.plans_name;
  if (!options.spacing.empty())
    planner.spacing = {options.spacing[0], options.spacing[1], options.spacing[2]};
  return planner;
}

void print_explanation(const plan::Explanation& explanation) {
  for (const std::string& line : explanation) std::cout << line << '\n';
}

data::WorkFolder work_folder(const PlanArguments& options) {
  return data::WorkFolder{options.work.empty() ? default_work(options.dataset) : options.work};
}

void verify(const PlanArguments& options, const Reporter& reporter) {
  const auto findings = data::verify_dataset(options.dataset, plan::read_dataset(options.dataset),
                                             {options.jobs, options.memory}, reporter);
  const auto of_splits = data::verify_splits(options.dataset, work_folder(options));
  if (findings.empty() && of_splits.empty()) {
    reporter.say("the dataset is sound");
    return;
  }
  Table table{{"file", "what is wrong", "what to do"}};
  for (const auto* list : {&findings, &of_splits})
    for (const auto& finding : *list)
      table.push_back({finding.file, finding.problem, finding.remedy});
  print_table(options.json ? std::cerr : std::cout, table);
  if (findings.empty()) return;
  throw Error(options.dataset.string(), std::to_string(findings.size()) + " problems, listed above",
              "mend them first");
}

data::PlanDatasetOptions dataset_options(const PlanArguments& options, const CLI::App& command) {
  data::PlanDatasetOptions planning{planner_options(options), options.jobs, {}, {},
                                    options.memory,           options.ranks};
  take_over(options.like, command, planning);
  return planning;
}

/// What was planned, and where it lies.
void print_result(const data::WorkFolder& work, const data::PlannedDataset& planned) {
  const fs::path splits = work.splits();
  print_json({{"work", work.root.string()},
              {"plans", planned.plans_file.string()},
              {"plans_name", planned.plans.plans_name},
              {"configurations", configurations_json(planned.plans)},
              {"splits", fs::exists(splits) ? Json(splits.string()) : Json()},
              {"explanation", planned.explanation}});
}

void print_next_step(const data::WorkFolder& work, const data::PlannedDataset& planned) {
  const std::string plans_name = planned.plans_file.stem().string();
  std::string configuration = "2d";
  for (const std::string& name : planned.plans.configuration_names())
    if (name == "3d_fullres") configuration = "3d";
  std::cout << "next: seg train " << shell_word(work.root.string()) << " --config " << configuration
            << " --fold 0"
            << (plans_name == "plans" ? "" : " --plans-name " + shell_word(plans_name)) << '\n';
}

void tell(const PlanArguments& options, const data::PlanDatasetOptions& planning,
          const Reporter& reporter) {
  const data::WorkFolder work = work_folder(options);
  if (options.verify) verify(options, reporter);
  auto lines = data::plan_intentions(options.dataset, work, planning);
  std::ranges::move(data::split_intentions(options.dataset, work, options.splits, reporter),
                    std::back_inserter(lines));
  print_intentions(lines, "");
}

/// Folds that cannot be made are refused before plans change. What else is to be said of them is
/// said when they are made.
void check_splits(const PlanArguments& options, const data::WorkFolder& work,
                  const Reporter& reporter) {
  try {
    data::split_intentions(options.dataset, work, options.splits, {});
  } catch (const Error&) {
    data::split_intentions(options.dataset, work, options.splits, reporter);  // says the cause, too
    throw;
  }
}

void plan_folder(PlanArguments options, const CLI::App& command) {
  options.ranks = join_run({options.jobs, command.count("--jobs") > 0, options.memory});
  const Reporter reporter = terminal_reporter();
  const data::WorkFolder work = work_folder(options);
  const data::PlanDatasetOptions planning = dataset_options(options, command);
  if (is_dry_run(command)) return tell(options, planning, reporter);
  RunRecord record = start_record(command);
  if (options.verify && writes_for_run()) verify(options, reporter);
  check_splits(options, work, reporter);
  const auto planned = data::plan_dataset(options.dataset, work, planning, reporter);
  if (options.splits.wants_something() && writes_for_run())
    data::plan_splits(work, options.splits, reporter);
  record.json["plans"] = planned.plans_file.string();
  record.json["explanation"] = planned.explanation;
  finish_record(std::move(record), data::plan_record(work, planned.plans_file));
  if (options.json) return print_result(work, planned);
  if (options.explain) print_explanation(planned.explanation);
  std::cout << "plans: " << planned.plans_file.string() << '\n';
  print_next_step(work, planned);
}

void plan_fingerprint(const PlanArguments& options, const CLI::App& command) {
  const plan::Dataset dataset =
      plan::dataset_from_json(read_json(options.dataset_json),
                              fs::absolute(options.dataset_json).parent_path().filename().string(),
                              options.dataset_json.string());
  require_file_name(options.output, ".json");
  for (const fs::path& input : {options.fingerprint, options.dataset_json})
    refuse_same_place(options.output, input, "what the plans are made from");
  plan::Explanation explanation;
  const plan::Plans plans = plan::plan_experiment(
      dataset, plan::read_fingerprint(options.fingerprint), planner_options(options), &explanation);
  if (is_dry_run(command)) return print_intentions({to_write(options.output)}, "");
  write_json(options.output, plans.json);
  if (options.json)
    return print_json({{"plans", options.output.string()},
                       {"plans_name", plans.plans_name},
                       {"configurations", configurations_json(plans)},
                       {"explanation", explanation}});
  if (options.explain) print_explanation(explanation);
  std::cout << "plans: " << options.output.string() << '\n';
}

/// What CLI11 tells the user; nothing for a preset or a file of the user's.
std::string known_preset(const std::string& name) {
  const auto names = plan::preset_names();
  if (has_ending(name, ".json") || std::ranges::find(names, name) != names.end()) return "";
  return "there is no network " + name + "; there are " + joined(names);
}

/// @returns --like.
CLI::Option* add_presets(CLI::App& command, PlanArguments& options) {
  auto* planner = command.add_option("--planner", options.planner.preset,
                                     "nnU-Net's: default, resenc-m, resenc-l, resenc-xl, others");
  auto* network = command.add_option("--network", options.planner.preset,
                                     "a network of another family, such as mednext-b-k5");
  auto* like = add_like(command, options.like);
  planner->check(CLI::IsMember(plan::planner_names()));
  network->check(known_preset)->excludes(planner);
  return like->excludes(planner)->excludes(network);
}

/// @returns those.
std::vector<CLI::Option*> add_splits(CLI::App& command, data::SplitRequest& splits) {
  auto* file = command.add_option("--splits", splits.file,
                                  "folds to take, a file like nnU-Net's splits_final.json");
  auto* group = command.add_option(
      "--group-by", splits.group_by,
      "cases that stay together in every fold, as a patient's: a regular expression whose first "
      "group, in the case's name, tells them ('^(patient[0-9]+)_'), or a .csv or .tsv file "
      "(case,group)");
  auto* folds = command.add_option("--folds", splits.folds, "number of folds (5)")
                    ->check(CLI::Range(2, 1000));
  file->excludes(group)->excludes(folds);
  return {file, group, folds};
}

/// What plans without images need. @returns --from-fingerprint.
CLI::Option* add_fingerprint(CLI::App& command, PlanArguments& options) {
  auto* fingerprint = command.add_option("--from-fingerprint", options.fingerprint,
                                         "plan without images, from this fingerprint");
  auto* json = command.add_option("--dataset-json", options.dataset_json, "its dataset.json");
  auto* output =
      command.add_option("-o,--out,--output", options.output, "plans to write from it, a .json");
  for (CLI::Option* one : {json, output}) {
    fingerprint->needs(one);
    one->needs(fingerprint);
  }
  return fingerprint;
}

}  // namespace

void add_plan_options(CLI::App& command) {
  command.footer(
      "Example:\n  seg plan Dataset004_Hippocampus --explain\n"
      "  seg plan --from-fingerprint dataset_fingerprint.json --dataset-json dataset.json -o "
      "plans.json");
  auto options = std::make_shared<PlanArguments>();
  auto* dataset = command.add_option("DATASET", options->dataset,
                                     "folder with dataset.json, imagesTr and labelsTr");
  auto* work = command.add_option("--work", options->work,
                                  "folder to write to (seg_work/<dataset>, in "
                                  "nnUNet_preprocessed if that is set)");
  CLI::Option* like = add_presets(command, *options);
  command.add_option("--gpu-memory", options->planner.gpu_memory_gb, "memory to plan for, in GB")
      ->check(above_zero());
  command.add_option("--spacing", options->spacing, "target spacing Z Y X in mm")
      ->expected(3)
      ->check(above_zero());
  command.add_option("--plans-name", options->plans_name,
                     "name of these plans, beside others (plans.json; those of other networks "
                     "have names of their own)");
  auto* jobs = command.add_option("--jobs", options->jobs, "cases read at the same time")
                   ->check(above_zero());
  auto* memory = add_max_memory(command, options->memory);
  auto* verify = command.add_flag("--verify", options->verify, "check the whole dataset first");
  auto* explain =
      command.add_flag("--explain", options->explain, "say why each number is what it is");
  auto* fingerprint = add_fingerprint(command, *options);
  for (CLI::Option* of_images : {dataset, like, work, jobs, memory, verify})
    fingerprint->excludes(of_images);
  for (CLI::Option* option : add_splits(command, options->splits)) fingerprint->excludes(option);
  explain->excludes(add_dry_run(command));
  add_json(command);
  command.callback([options, &command] {
    options->json = wants_json(command);
    if (!options->fingerprint.empty() && data::is_one_of_several())
      throw CLI::ValidationError("--from-fingerprint",
                                 "is for one process, without mpirun or srun");
    if (!options->fingerprint.empty()) return plan_fingerprint(*options, command);
    if (options->dataset.empty()) throw CLI::RequiredError("DATASET or --from-fingerprint");
    plan_folder(*options, command);
  });
}

}  // namespace seg::app
