#pragma once

#include <CLI/CLI.hpp>

namespace seg::app {

/// Each adds one command with its options; parsing the command line then runs it.
/// Commands throw seg::Error for what the user can mend.
void add_plan(CLI::App& app);
void add_preprocess(CLI::App& app);
void add_train(CLI::App& app);
void add_predict(CLI::App& app);
void add_evaluate(CLI::App& app);
void add_select(CLI::App& app);
void add_ensemble(CLI::App& app);
void add_postprocess(CLI::App& app);
void add_overlay(CLI::App& app);
void add_example_data(CLI::App& app);
void add_convert(CLI::App& app);
void add_install(CLI::App& app);
void add_export(CLI::App& app);
void add_inspect(CLI::App& app);
void add_status(CLI::App& app);
void add_report(CLI::App& app);
void add_doctor(CLI::App& app);
void add_completion(CLI::App& app);
void add_man(CLI::App& app);
/// -q and -v for every command.
void add_common_options(CLI::App& app);
/// Lets a dataset's number or name, as 4, stand for its folder: for DATASET in nnUNet_raw, for WORK
/// in seg_work, for --model in nnUNet_results.
void add_dataset_names(CLI::App& app);

}  // namespace seg::app
