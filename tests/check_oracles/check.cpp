#include "check.hpp"

#include <algorithm>
#include <ostream>

#include "topic.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

struct Total {
  Topic topic;
  int cases = 0, failed = 0;
  double deviation = 0;
};

std::vector<fs::path> folders_below(const fs::path& root) {
  std::vector<fs::path> folders{root};
  for (const auto& entry : fs::recursive_directory_iterator(root))
    if (entry.is_directory()) folders.push_back(entry.path());
  std::ranges::sort(folders);
  return folders;
}

void count(const Outcome& outcome, Total& total) {
  ++total.cases;
  total.failed += !outcome.fault.empty();
  total.deviation = std::max(total.deviation, outcome.deviation);
}

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  out << outcome.name << "  deviation " << outcome.deviation;
  if (!outcome.note.empty()) out << ", " << outcome.note;
  return outcome.fault.empty() ? out << "  ok" : out << "  FAIL  " << outcome.fault;
}

void check_folder(const fs::path& folder, Total& total, std::ostream& out) {
  const auto tell = [&](const Outcome& outcome) {
    count(outcome, total);
    out << total.topic.name << "  " << outcome << std::endl;
  };
  const int before = total.cases;
  const Outcome whole = attempt(folder.string(), [&](Outcome& outcome) {
    total.topic.check(folder, tell);
    if (total.cases == before) outcome.fault = "the folder holds no case";
  });
  if (!whole.fault.empty()) tell(whole);
}

bool check_by_any_topic(const fs::path& folder, std::vector<Total>& totals, std::ostream& out) {
  bool recognised = false;
  for (Total& total : totals) {
    if (!total.topic.recognises(folder)) continue;
    recognised = true;
    check_folder(folder, total, out);
  }
  return recognised;
}

int sum_up(const std::vector<Total>& totals, std::ostream& out) {
  int cases = 0, failed = 0;
  for (const Total& total : totals) {
    if (total.cases > 0)
      out << total.topic.name << ": " << total.cases << " cases, " << total.failed
          << " failed, largest deviation " << total.deviation << "\n";
    cases += total.cases;
    failed += total.failed;
  }
  if (cases == 0) out << "nothing to check: no recorded cases of a known topic\n";
  return failed > 0 ? 1 : cases > 0 ? 0 : 2;
}

}  // namespace

int check_oracles(const std::vector<fs::path>& folders, std::ostream& out) {
  std::vector<Total> totals;
  for (Topic& topic : all_topics()) totals.push_back({std::move(topic)});
  std::vector<fs::path> unknown;
  for (const auto& root : folders)
    for (const auto& folder : folders_below(root))
      if (!check_by_any_topic(folder, totals, out) && fs::exists(folder / "manifest.json"))
        unknown.push_back(folder);
  for (const auto& folder : unknown) out << folder.string() << ": no topic checks this yet\n";
  return sum_up(totals, out);
}

}  // namespace seg::oracles
