#pragma once

#include <CLI/CLI.hpp>

namespace seg::app {

/// Adds every command by its name; parsing the command line then gives the one that is called its
/// options, and runs it. A command's options take time and memory, and most runs need those of one.
/// Commands throw seg::Error for what the user can mend.
void add_commands(CLI::App& app);

/// Gives every command of `app` its options, for texts about all of them.
void add_all_options(CLI::App& app);

/// Each gives its command options, an example and what it does.
void add_plan_options(CLI::App& command);
void add_preprocess_options(CLI::App& command);
void add_train_options(CLI::App& command);
void add_predict_options(CLI::App& command);
void add_evaluate_options(CLI::App& command);
void add_select_options(CLI::App& command);
void add_ensemble_options(CLI::App& command);
void add_postprocess_options(CLI::App& command);
void add_overlay_options(CLI::App& command);
void add_example_data_options(CLI::App& command);
void add_convert_options(CLI::App& command);
void add_install_options(CLI::App& command);
void add_export_options(CLI::App& command);
void add_inspect_options(CLI::App& command);
void add_status_options(CLI::App& command);
void add_report_options(CLI::App& command);
void add_doctor_options(CLI::App& command);
void add_completion_options(CLI::App& command);
void add_man_options(CLI::App& command);

/// -q and -v, for a command and those below it.
void add_common_options(CLI::App& command);
/// Lets a dataset's number or name, as 4, stand for its folder: for DATASET in nnUNet_raw, or here
/// where that is not set, for WORK and FOLDER in seg_work (in nnUNet_preprocessed, or here), for
/// --model in nnUNet_results, or in the results of its work folder.
void add_dataset_names(CLI::App& command);

}  // namespace seg::app
