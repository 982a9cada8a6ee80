#include "seg/plan/letters_to_change.hpp"

#include <algorithm>
#include <numeric>

namespace seg {

std::size_t letters_to_change(const std::string& from, const std::string& to) {
  std::vector<std::vector<std::size_t>> costs(from.size() + 1,
                                              std::vector<std::size_t>(to.size() + 1));
  std::iota(costs[0].begin(), costs[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= from.size(); ++i) {
    costs[i][0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t replaced = costs[i - 1][j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
      costs[i][j] = std::min({costs[i - 1][j] + 1, costs[i][j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
      if (swapped) costs[i][j] = std::min(costs[i][j], costs[i - 2][j - 2] + 1);
    }
  }
  return costs.back().back();
}

std::string nearest_word(const std::string& word, const std::vector<std::string>& names) {
  std::string nearest;
  std::size_t fewest = word.size() / 3 + 1;
  for (const std::string& name : names) {
    const std::size_t letters = letters_to_change(word, name);
    if (letters < fewest) {
      fewest = letters;
      nearest = name;
    }
  }
  return nearest;
}

}  // namespace seg
