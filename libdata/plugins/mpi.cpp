// Ranks joined by MPI. All of MPI is called from one thread, which also gives and watches for signs
// of life, so that nothing waits for a rank that is gone.
#include <mpi.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "seg/data/rank_engine.hpp"
#include "shared_sum.hpp"
#include "signs_of_life.hpp"

namespace seg::data {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int asking_tag = 1, number_tag = 2;

class MpiEngine : public RankEngine {
 public:
  MpiEngine(const RankPatience& patience, OnLost on_lost)
      : thread_([this, patience, on_lost = std::move(on_lost)] { run(patience, on_lost); }) {
    started_.get_future().get();
  }

  ~MpiEngine() override {
    wait_for_all();
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  int rank() const override { return rank_; }
  int count() const override { return count_; }

  SumDone start_sum(const RankSum& sum) override {
    const auto shared = std::make_shared<SharedSum>(sum, rank_, count_);
    return start(
        [shared](MPI_Request& request) { shared->spread(MPI_COMM_WORLD, request); },
        [this, shared](MPI_Request& request) { shared->add_up_and_return(returning_, request); });
  }

  void broadcast(void* bytes, std::size_t count) override { broadcast_from(0, bytes, count); }

  std::vector<std::string> gather(const std::string& own) override {
    std::vector<std::int64_t> lengths(static_cast<std::size_t>(count_));
    lengths[static_cast<std::size_t>(rank_)] = static_cast<std::int64_t>(own.size());
    start_sum({lengths.data(), lengths.size(), RankNumber::int64}).get();
    std::vector<std::string> texts;
    for (const std::int64_t length : lengths)
      texts.emplace_back(static_cast<std::size_t>(length), '\0');
    texts[static_cast<std::size_t>(rank_)] = own;
    for (int root = 0; root < count_; ++root) {
      std::string& text = texts[static_cast<std::size_t>(root)];
      broadcast_from(root, text.data(), text.size());
    }
    return texts;
  }

  void wait_for_all() override {
    start([](MPI_Request& request) { MPI_Ibarrier(MPI_COMM_WORLD, &request); }).get();
  }

  void restart_counter() override {
    wait_for_all();
    counter_ = 0;
    wait_for_all();
  }

  std::int64_t next() override {
    if (rank_ == 0) return counter_++;
    std::int64_t number = 0;
    start([&](MPI_Request& request) {
      MPI_Irecv(&number, 1, MPI_INT64_T, 0, number_tag, MPI_COMM_WORLD, &request);
      MPI_Request asking;
      MPI_Isend(nullptr, 0, MPI_BYTE, 0, asking_tag, MPI_COMM_WORLD, &asking);
      MPI_Request_free(&asking);  // the number that comes says that it is done
    }).get();
    return number;
  }

  void fail(int exit_code) override {
    gives_up_ = exit_code;
    wake_.notify_one();
    std::unique_lock lock(mutex_);
    told_.wait_for(lock, std::chrono::seconds(2), [&] { return gives_up_ == 0; });
  }

 private:
  using Step = std::function<void(MPI_Request&)>;

  struct Operation {
    Step start, then;  // none, or a second one
    std::promise<Clock::time_point> done{};
    MPI_Request request = MPI_REQUEST_NULL;
  };

  /// In pieces whose size an int holds.
  void broadcast_from(int root, void* bytes, std::size_t count) {
    constexpr std::size_t piece = std::size_t{1} << 30;
    for (std::size_t first = 0; first < count; first += piece)
      start([=](MPI_Request& request) {
        MPI_Ibcast(static_cast<char*>(bytes) + first,
                   static_cast<int>(std::min(piece, count - first)), MPI_BYTE, root, MPI_COMM_WORLD,
                   &request);
      }).get();
  }

  /// The first rank gives its counter's numbers to those that ask, whatever else it does meanwhile.
  /// Not by MPI's windows, which Debian's Open MPI lacks between machines that TCP joins.
  void give_numbers() {
    for (int there = rank_ == 0; there;) {
      MPI_Status status;
      MPI_Iprobe(MPI_ANY_SOURCE, asking_tag, MPI_COMM_WORLD, &there, &status);
      if (!there) return;
      const int asking = status.MPI_SOURCE;
      MPI_Recv(nullptr, 0, MPI_BYTE, asking, asking_tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      auto& number = given_[static_cast<std::size_t>(asking)];
      number = counter_++;
      MPI_Request giving;
      MPI_Isend(&number, 1, MPI_INT64_T, asking, number_tag, MPI_COMM_WORLD, &giving);
      MPI_Request_free(&giving);  // who asks again has it
    }
  }

  SumDone start(Step begin, Step then = {}) {
    SumDone done;
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back({std::move(begin), std::move(then)});
      done = waiting_.back().done.get_future();
    }
    wake_.notify_one();
    return done;
  }

  void set_up() {
    int provided = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &count_);
    MPI_Comm_dup(MPI_COMM_WORLD, &returning_);
    given_.resize(static_cast<std::size_t>(count_));
  }

  void run(const RankPatience& patience, const OnLost& on_lost) {
    set_up();
    {
      SignsOfLife signs(MPI_COMM_WORLD, patience, on_lost);
      started_.set_value();
      serve(signs);
    }
    MPI_Comm_free(&returning_);
    MPI_Finalize();
  }

  void serve(SignsOfLife& signs) {
    std::list<Operation> under_way;
    auto busy_since = Clock::now();
    for (bool ends = false; !ends;) {
      ends = take_new(under_way, seconds_since(busy_since)) && under_way.empty();
      signs.exchange();
      give_numbers();
      if (gives_up_ != 0) {
        signs.give_up(static_cast<char>(gives_up_));
        gives_up_ = 0;
        told_.notify_all();
      }
      if (go_on(under_way) || under_way.empty()) busy_since = Clock::now();
    }
  }

  /// Waits a little: not at all for what was just begun, else as long as others may wait for a
  /// number. @returns whether the end has come.
  bool take_new(std::list<Operation>& under_way, double busy) {
    constexpr auto nap = std::chrono::microseconds(100), rest = std::chrono::microseconds(1000);
    std::unique_lock lock(mutex_);
    const auto something = [&] { return !waiting_.empty() || ends_ || gives_up_ != 0; };
    if (under_way.empty())
      wake_.wait_for(lock, rest, something);
    else if (busy > 0.002)
      wake_.wait_for(lock, nap, something);
    while (!waiting_.empty()) {
      under_way.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
      under_way.back().start(under_way.back().request);
    }
    return ends_;
  }

  /// Second steps begin in the order of the operations, as on the other ranks.
  static bool go_on(std::list<Operation>& under_way) {
    bool any = false, in_turn = true;
    for (auto one = under_way.begin(); one != under_way.end();) {
      int done = 0;
      MPI_Test(&one->request, &done, MPI_STATUS_IGNORE);
      if (done && !one->then) {
        one->done.set_value(Clock::now());
        one = under_way.erase(one);
        any = true;
        continue;
      }
      if (done && in_turn) {
        std::exchange(one->then, nullptr)(one->request);
        any = true;
      }
      in_turn = in_turn && !one->then;
      ++one;
    }
    if (!any && !under_way.empty()) std::this_thread::yield();
    return any;
  }

  int rank_ = 0, count_ = 1;
  MPI_Comm returning_{};  // for second steps, whose turns among the first ones vary
  std::atomic<std::int64_t> counter_ = 0;  // the first rank's is the run's
  std::vector<std::int64_t> given_;        // to each rank, the last
  std::mutex mutex_;
  std::condition_variable wake_, told_;
  std::deque<Operation> waiting_;
  bool ends_ = false;
  std::atomic<int> gives_up_ = 0;  // with this exit code
  std::promise<void> started_;
  std::jthread thread_;  // the last, so that it finds the others there
};

}  // namespace

/// seg::data::JoinRanks.
extern "C" std::unique_ptr<RankEngine> seg_join_ranks(const RankPatience& patience,
                                                      const OnLost& on_lost) {
  return std::make_unique<MpiEngine>(patience, on_lost);
}

}  // namespace seg::data
