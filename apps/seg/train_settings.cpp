#include "train_settings.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "seg/plan/joined.hpp"
#include "seg/train/recipe.hpp"

namespace seg::app {
namespace {

/// Adds a setting's option, by the type of its member; its name has - for _.
struct AddSetting {
  CLI::App& command;
  const train::Setting& setting;
  Json& settings;

  template <class T>
  CLI::Option* operator()(T train::Recipe::*) const {
    return add<T>();
  }
  CLI::Option* operator()(std::uint64_t train::Recipe::*) const {
    const auto no_sign = [](const std::string& text) {  // else -1 becomes 2^64 - 1
      return std::string(text.starts_with('-') ? "must not be negative" : "");
    };
    return add<std::uint64_t>()->check(no_sign);
  }
  CLI::Option* operator()(std::optional<std::int64_t> train::Recipe::*) const {
    return add<std::int64_t>();
  }
  CLI::Option* operator()(std::vector<std::string> train::Recipe::*) const {
    return add<std::vector<std::string>>()->delimiter(',');
  }
  CLI::Option* operator()(std::optional<std::vector<std::int64_t>> train::Recipe::*) const {
    return add<std::vector<std::int64_t>>()->delimiter(',');
  }
  CLI::Option* operator()(bool train::Recipe::*) const {
    const auto change = [&settings = settings, name = setting.name](std::int64_t times) {
      settings[name] = times > 0;
    };
    const std::string options = "--" + name() + ",!--no-" + name();
    return command.add_flag_function(options, change, help())->disable_flag_override();
  }

  std::string name() const {
    std::string name = setting.name;
    std::ranges::replace(name, '_', '-');
    return name;
  }
  std::string help() const {
    const auto& names = setting.allowed.names;
    return setting.help + (names.empty() ? "" : ": " + joined(names));
  }
  template <class T>
  CLI::Option* add() const {
    const std::string option = "--" + name();
    const auto change = [&settings = settings, &setting = setting, option](const T& value) {
      const std::string problem = train::problem_of(setting, value);
      if (!problem.empty()) throw CLI::ValidationError(option, problem);
      settings[setting.name] = value;
    };
    CLI::Option* added = command.add_option_function<T>(option, change, help());
    const auto& names = setting.allowed.names;
    if (!names.empty()) added->type_name("TEXT:{" + joined(names, ",") + "}");  // as CLI::IsMember
    return added;
  }
};

std::string default_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_primitive() && !value.is_null() ? value.dump() : "";
}

}  // namespace

void add_settings(CLI::App& command, Json& settings) {
  const Json defaults = train::to_json(train::Recipe{});
  for (const train::Setting& setting : train::training_settings()) {
    std::visit(AddSetting{command, setting, settings}, setting.member)
        ->default_str(default_text(defaults.at(setting.name)))
        ->group("Settings, also in --config-file");
  }
}

}  // namespace seg::app
