#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "commands.hpp"
#include "json_result.hpp"
#include "seg/train/work_status.hpp"
#include "table.hpp"

namespace seg::app {
namespace {

template <typename Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json();
}

Json to_json(const train::WorkStatus& status) {
  Json json{{"cases", status.cases}, {"configurations", Json::array()}, {"folds", Json::array()}};
  for (const auto& one : status.configurations)
    json["configurations"].push_back({{"plans", one.plans},
                                      {"configuration", one.configuration},
                                      {"preprocessed", one.preprocessed}});
  for (const auto& one : status.folds)
    json["folds"].push_back({{"model", one.model},
                             {"fold", one.fold},
                             {"state", one.state},
                             {"other_split", one.other_split},
                             {"epochs", one.epochs},
                             {"all_epochs", or_null(one.all_epochs)},
                             {"ema_dice", or_null(one.ema_dice)},
                             {"validation_dice", or_null(one.validation_dice)},
                             {"seconds_left", or_null(one.seconds_left)},
                             {"process", one.process}});
  return json;
}

std::string dice_text(const std::optional<double>& dice) {
  return dice ? number_text(*dice, 4) : "-";
}

std::string epochs_text(const train::FoldStatus& fold) {
  return std::to_string(fold.epochs) +
         (fold.all_epochs ? " of " + std::to_string(*fold.all_epochs) : "");
}

/// Hours and minutes: seconds of an estimate say nothing.
std::string time_text(const std::optional<double>& seconds) {
  if (!seconds) return "-";
  const auto minutes = static_cast<std::int64_t>(*seconds / 60 + 0.5);
  return std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
}

void print(const train::WorkStatus& status) {
  Table data{{"plans", "configuration", "preprocessed"}};
  for (const auto& one : status.configurations)
    data.push_back({one.plans, one.configuration,
                    std::to_string(one.preprocessed) +
                        (status.cases ? " of " + std::to_string(status.cases) : "")});
  print_table(std::cout, data);
  if (status.folds.empty()) {
    std::cout << "nothing is trained yet\n";
    return;
  }
  Table folds{{"model", "fold", "state", "epochs", "EMA Dice", "time left", "validation Dice"}};
  for (const auto& one : status.folds)
    folds.push_back({one.model, one.fold, one.state + (one.other_split ? ", of another split" : ""),
                     epochs_text(one), dice_text(one.ema_dice), time_text(one.seconds_left),
                     dice_text(one.validation_dice)});
  std::cout << '\n';
  print_table(std::cout, folds);
  for (const auto& one : status.folds)
    if (!one.process.empty())
      std::cout << one.model << '/' << one.fold << ": " << one.process << '\n';
}

}  // namespace

void add_status_options(CLI::App& command) {
  command.footer("Example:\n  seg status seg_work/Dataset004_Hippocampus");
  auto work = std::make_shared<std::filesystem::path>();
  command.add_option("WORK", *work, "folder made by seg plan")->required();
  add_json(command);
  command.callback([work, &command] {
    const auto status = train::work_status({*work});
    wants_json(command) ? print_json(to_json(status)) : print(status);
  });
}

}  // namespace seg::app
