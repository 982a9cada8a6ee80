#include "error_line.hpp"

#include "dataset_names.hpp"
#include "option_names.hpp"
#include "seg/plan/joined.hpp"
#include "seg/plan/one_line.hpp"
#include "seg/train/failure.hpp"
#include "shell_word.hpp"

namespace seg::app {
namespace {

/// What was given for an option; nothing if it was not given or the command has none.
std::string given(const CLI::App& command, const std::string& option) {
  const CLI::Option* found = command.get_option_no_throw(option);
  return found && found->count() > 0 ? found->results().front() : "";
}

std::string given_option(const CLI::App& command, const std::string& option) {
  const std::string value = given(command, option);
  return value.empty() ? "" : " " + option + " " + shell_word(value);
}

/// The command that does what has to come first.
std::string command_before(const Error& error, const CLI::App& command) {
  const std::string named = given(command, "WORK"), work = named.empty() ? "" : shell_word(named);
  switch (error.kind()) {
    case ErrorKind::not_planned:
      return "seg plan DATASET --work " + shell_word(error.parts().where) +
             given_option(command, "--plans-name");
    case ErrorKind::not_preprocessed:
      return "seg preprocess " + work + given_option(command, "--config") +
             given_option(command, "--plans-name");
    case ErrorKind::not_trained:
      return work.empty() ? "seg train"
                          : "seg train " + work + " --config CONFIGURATION --fold all-folds";
    default:
      return "";
  }
}

std::string line_of(const Error& error, const CLI::App& command) {
  ErrorParts parts = error.parts();
  const std::string option = option_of(parts.setting), before = command_before(error, command);
  if (!parts.setting.empty() && command.get_option_no_throw(option))
    parts.where.replace(0, parts.setting.size(), option);
  const bool is_missing =
      error.kind() == ErrorKind::not_found || error.kind() == ErrorKind::not_planned;
  const std::string looked_for =
      is_missing ? where_number_was_looked_for(command, parts.where) : std::string();
  if (!looked_for.empty())
    parts.remedy = looked_for;
  else if (!before.empty())
    parts.remedy += " (" + before + ")";
  return with_option_names(message_of(parts));
}

std::string out_of_memory_line(const CLI::App& command) {
  std::vector<std::string> remedies;
  for (const auto& [option, remedy] : std::initializer_list<std::pair<const char*, const char*>>{
           {"--jobs", "fewer --jobs"},
           {"--batch-size", "a smaller --batch-size"},
           {"--folds", "fewer --folds"},
           {"--device", "another --device"}})
    if (command.get_option_no_throw(option)) remedies.emplace_back(remedy);
  return "not enough memory" +
         (remedies.empty() ? std::string() : "; use " + joined(remedies, " or "));
}

}  // namespace

std::string error_line(const std::exception& exception, const CLI::App& command) {
  std::string line = train::line_of(exception);
  if (const auto* some = dynamic_cast<const train::SomeFailed*>(&exception))
    line = with_option_names(some->summary());
  else if (const auto* error = dynamic_cast<const Error*>(&exception))
    line = line_of(*error, command);
  else if (train::kind_of(exception) == ErrorKind::out_of_memory)
    line = out_of_memory_line(command);
  return one_line(line);
}

}  // namespace seg::app
