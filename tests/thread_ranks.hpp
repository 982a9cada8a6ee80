#pragma once

#include <barrier>
#include <chrono>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "seg/data/ranks.hpp"

namespace seg::test {

/// What threads that play ranks share.
struct Meeting {
  explicit Meeting(int threads) : count(threads), barrier(threads), sums(threads), texts(threads) {}
  int count;
  std::barrier<> barrier;
  std::vector<data::RankSum> sums;
  std::vector<std::string> texts;
};

template <typename Number>
void add_up(const std::vector<data::RankSum>& sums) {
  for (std::size_t i = 0; i < sums.front().count; ++i) {
    Number total{};
    for (const data::RankSum& one : sums) total += static_cast<Number*>(one.values)[i];
    for (const data::RankSum& one : sums) static_cast<Number*>(one.values)[i] = total;
  }
}

/// Ranks that are threads of one process.
class ThreadEngine : public data::RankEngine {
 public:
  ThreadEngine(Meeting& meeting, int rank) : meeting_(meeting), rank_(rank) {}

  int rank() const override { return rank_; }
  int count() const override { return meeting_.count; }
  data::SumDone start_sum(const data::RankSum& sum) override {
    meeting_.sums[rank_] = sum;
    meeting_.barrier.arrive_and_wait();
    if (rank_ == 0) {
      if (sum.type == data::RankNumber::float32) add_up<float>(meeting_.sums);
      if (sum.type == data::RankNumber::float64) add_up<double>(meeting_.sums);
      if (sum.type == data::RankNumber::int64) add_up<std::int64_t>(meeting_.sums);
    }
    meeting_.barrier.arrive_and_wait();
    std::promise<std::chrono::steady_clock::time_point> done;
    done.set_value(std::chrono::steady_clock::now());
    return done.get_future();
  }
  std::vector<std::string> gather(const std::string& own) override {
    meeting_.texts[rank_] = own;
    meeting_.barrier.arrive_and_wait();
    auto texts = meeting_.texts;
    meeting_.barrier.arrive_and_wait();
    return texts;
  }
  void broadcast(void* bytes, std::size_t count) override {
    if (rank_ == 0) meeting_.sums[0].values = bytes;
    meeting_.barrier.arrive_and_wait();
    if (rank_ != 0) std::memcpy(bytes, meeting_.sums[0].values, count);
    meeting_.barrier.arrive_and_wait();
  }
  void wait_for_all() override { meeting_.barrier.arrive_and_wait(); }
  void restart_counter() override { throw std::logic_error("not played"); }
  std::int64_t next() override { throw std::logic_error("not played"); }
  void fail(int) override {}

 private:
  Meeting& meeting_;
  int rank_;
};

/// Does `work` in `count` threads that play ranks, and waits.
inline void play_ranks(int count, const std::function<void(data::Ranks&)>& work) {
  Meeting meeting(count);
  std::vector<std::exception_ptr> failures(count);
  {
    std::vector<std::jthread> threads;
    for (int rank = 0; rank < count; ++rank)
      threads.emplace_back([&, rank] {
        try {
          data::Ranks ranks(std::make_unique<ThreadEngine>(meeting, rank));
          work(ranks);
        } catch (...) {
          failures[rank] = std::current_exception();
          meeting.barrier.arrive_and_drop();
        }
      });
  }
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

}  // namespace seg::test
