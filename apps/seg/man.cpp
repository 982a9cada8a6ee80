#include <algorithm>
#include <iostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "seg/plan/joined.hpp"
#include "version.hpp"

namespace seg::app {
namespace {

/// A letter that means something to troff, or that it would draw as another.
std::string letter(char one) {
  switch (one) {
    case '\\':
      return "\\e";
    case '-':
      return "\\-";
    case '\'':
      return "\\(aq";
    case '`':
      return "\\(ga";
    case '^':
      return "\\(ha";
    case '~':
      return "\\(ti";
    default:
      return {one};
  }
}

/// Text for troff, in which a dot that begins a line means itself.
std::string roff(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts_line = i == 0 || text[i - 1] == '\n';
    result += (starts_line && text[i] == '.' ? "\\&" : "") + letter(text[i]);
  }
  return result;
}

/// Between words of a line: bold, plain and italic parts.
std::string bold(const std::string& text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + roff(text) + "\\fR"; }

/// CLI11's "UINT:POSITIVE" or "TEXT:{auto,fp32}": what kind of value, and which of that kind.
struct Type {
  std::string kind, values;
};

Type type_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const auto sign = type.find(':');
  return {type.substr(0, sign), sign == std::string::npos ? "" : type.substr(sign + 1)};
}

/// How its value is called.
std::string argument_of(const CLI::Option& option) {
  const std::string kind = type_of(option).kind;
  if (kind == "FLOAT") return "NUMBER";
  if (kind == "INT" || kind == "UINT") return "N";
  return kind == "SIZE" ? kind : "VALUE";
}

/// What follows the names: " VALUE", " N N N", " VALUE,..."; nothing for a flag.
std::string arguments_of(const CLI::Option& option) {
  const int most = option.get_items_expected_max(), least = option.get_items_expected_min();
  if (most == 0) return "";
  const std::string one = italic(argument_of(option));
  std::string all = ' ' + one;
  for (int i = 1; i < least; ++i) all += ' ' + one;
  if (most == least) return all;
  return all + (option.get_delimiter() == ',' ? ",..." : " ...");
}

/// "-f, --fold N" or, for what is given by its place, "WORK".
std::string names_of(const CLI::Option& option) {
  std::string names;
  for (const std::string& name : option.get_snames())
    names += (names.empty() ? "" : ", ") + bold("-" + name);
  for (const std::string& name : option.get_lnames())
    names += (names.empty() ? "" : ", ") + bold("--" + name);
  return names.empty() ? italic(option.get_single_name()) : names + arguments_of(option);
}

std::string names_of(const std::set<CLI::Option*>& options) {
  std::vector<std::string> names;
  for (const CLI::Option* option : options) names.push_back(option->get_name());
  std::ranges::sort(names);
  return joined(names, ", ");
}

/// Which values there are, as a sentence.
std::string values_text(const CLI::Option& option) {
  const std::string values = type_of(option).values;
  if (values == "POSITIVE") return "Above 0.";
  if (values == "NONNEGATIVE") return "0 or more.";
  if (const auto range = values.find('['); range != std::string::npos)
    return "From " + values.substr(range + 1, values.find(' ', range) - range - 1) + " to " +
           values.substr(values.rfind(' ') + 1, values.rfind(']') - values.rfind(' ') - 1) + '.';
  if (!values.starts_with('{')) return "";
  const auto words = CLI::detail::split(values.substr(1, values.find('}') - 1), ',');
  return (option.get_items_expected_max() > 1 ? "Of " : "One of ") + joined(words, ", ") + '.';
}

/// That of --jobs is this machine's.
std::string default_text(const CLI::Option& option) {
  const std::string value =
      option.get_single_name() == "jobs" ? "the cores" : option.get_default_str();
  return value.empty() ? "" : "Default: " + value + '.';
}

void write_option(const CLI::Option& option, std::ostream& out) {
  out << ".TP\n" << names_of(option) << '\n' << roff(option.get_description()) << '.';
  std::vector<std::string> sentences{values_text(option), default_text(option)};
  if (option.get_required()) sentences.emplace_back("Required.");
  if (!option.get_needs().empty())
    sentences.push_back("With " + names_of(option.get_needs()) + " only.");
  if (!option.get_excludes().empty())
    sentences.push_back("Not with " + names_of(option.get_excludes()) + '.');
  for (const std::string& sentence : sentences)
    if (!sentence.empty()) out << '\n' << roff(sentence);
  out << '\n';
}

/// Of a command, and of those below it.
void write_command(const CLI::App& command, const std::string& path, std::ostream& out) {
  out << ".SS seg " << roff(path) << '\n' << roff(command.get_description()) << ".\n";
  for (const CLI::Option* option : command.get_options()) write_option(*option, out);
  if (!command.get_footer().empty()) out << ".PP\n.nf\n" << roff(command.get_footer()) << "\n.fi\n";
  for (const CLI::App* below : command.get_subcommands({}))
    write_command(*below, path + ' ' + below->get_name(), out);
}

/// What the program, or a library that it brings, reads. None has to be set.
constexpr std::pair<const char*, const char*> kVariables[] = {
    {"nnUNet_raw",
     "Folder of datasets: where it is set, a number or name for DATASET is looked for there, else "
     "in the present folder."},
    {"nnUNet_preprocessed",
     "Where it is set, work folders lie in its folder seg_work, else in that of the present "
     "folder."},
    {"nnUNet_results",
     "Folder of trained models, in which a number or name for --model is looked for first."},
    {"NO_COLOR", "Where it is set and not empty, nothing is printed in colour."},
    {"SEG_INSTRUCTION_SET",
     "The widest instructions of the processor to use: baseline, avx2, avx512 or amx (the widest "
     "that it has)."},
    {"SEG_RANK_TIMEOUT",
     "Seconds after which a process of several that is silent counts as lost (30)."},
    {"OMP_NUM_THREADS", "Threads of commands without --threads."},
    {"OMP_WAIT_POLICY, GOMP_SPINCOUNT",
     "How threads wait for each other; where one of them is set, seg leaves it as it is when other "
     "programs need the cores."},
    {"THP_MEM_ALLOC_ENABLE",
     "Whether tensors lie in large pages (1 or 0); seg sets it where it is not set."},
    {"CUDA_VISIBLE_DEVICES", "The GPUs that --device may name."},
    {"OMPI_COMM_WORLD_SIZE, OMPI_COMM_WORLD_RANK, PMI_SIZE, PMI_RANK, SLURM_STEP_NUM_TASKS, "
     "SLURM_PROCID",
     "Set by mpirun and srun: how many processes work together, and which one this is."},
    {"http_proxy, https_proxy, no_proxy", "Where downloads go through."},
    {"TMPDIR", "Folder for scratch files (/tmp)."}};

constexpr std::pair<const char*, const char*> kExitCodes[] = {
    {"0", "Done."},
    {"1", "An error in the data or on the machine, told in one line on stderr."},
    {"2", "Wrong usage: an option or value that there is not, or options that do not go together."},
    {"130", "Stopped by SIGINT (Ctrl-C); what was done is kept."},
    {"143", "Stopped by SIGTERM; what was done is kept."}};

template <class List>
void write_list(const char* title, const List& list, std::ostream& out) {
  out << ".SH " << title << '\n';
  for (const auto& [name, text] : list) out << ".TP\n" << bold(name) << '\n' << roff(text) << '\n';
}

void write_page(CLI::App& app, std::ostream& out) {
  add_all_options(app);
  const auto version = versions().at("seg").get<std::string>();
  out << ".TH SEG 1 \"\" \"seg " << version << "\" \"User Commands\"\n.SH NAME\nseg \\- "
      << roff("segmentation of medical images as nnU-Net does it")
      << "\n.SH SYNOPSIS\n.B seg\n.I COMMAND\n[options]\n.SH DESCRIPTION\n"
      << roff(app.get_description()) << "\n.SH COMMANDS\n";
  for (const CLI::App* command : app.get_subcommands({}))
    write_command(*command, command->get_name(), out);
  write_list("ENVIRONMENT", kVariables, out);
  write_list("EXIT STATUS", kExitCodes, out);
}

}  // namespace

void add_man_options(CLI::App& command) {
  command.footer("Example:\n  seg man > ~/.local/share/man/man1/seg.1");
  command.callback([&command] { write_page(*command.get_parent(), std::cout); });
}

}  // namespace seg::app
