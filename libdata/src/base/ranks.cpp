#include "seg/data/ranks.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "seg/data/cores.hpp"
#include "seg/data/plugin.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"

namespace seg::data {
namespace {

RankNumber number_of(const at::Tensor& values) {
  switch (values.scalar_type()) {
    case at::kLong:
      return RankNumber::int64;
    case at::kFloat:
      return RankNumber::float32;
    case at::kDouble:
      return RankNumber::float64;
    case at::kBFloat16:
      return RankNumber::bfloat16;
    default:
      throw std::logic_error("ranks do not sum such numbers");
  }
}

std::string machine() {
  std::string name(256, '\0');
  gethostname(name.data(), name.size() - 1);
  return name.c_str();
}

/// The cores that this process may use, as a text.
std::string cores_in_use() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  std::string text;
  if (sched_getaffinity(0, sizeof cores, &cores) != 0) return text;
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(core, &cores)) text += std::to_string(core) + ' ';
  return text;
}

using Clock = std::chrono::steady_clock;

double seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

/// A number in the environment; 0 when there is none.
int environment_number(const char* name) {
  const char* text = std::getenv(name);
  return text ? std::atoi(text) : 0;
}

/// For who cannot wait, or has to: SEG_RANK_TIMEOUT, in seconds.
RankPatience patience() {
  const int seconds = environment_number("SEG_RANK_TIMEOUT");
  return seconds > 0 ? RankPatience{static_cast<double>(seconds)} : RankPatience{};
}

ErrorParts parts_of(const std::exception& exception) {
  if (const auto* error = dynamic_cast<const Error*>(&exception)) return error->parts();
  return {"process", exception.what()};
}

ErrorKind kind_of(const std::exception& exception) {
  if (const auto* error = dynamic_cast<const Error*>(&exception)) return error->kind();
  const bool memory = dynamic_cast<const std::bad_alloc*>(&exception) != nullptr;
  return memory ? ErrorKind::out_of_memory : ErrorKind::unexpected;
}

Json told(const std::exception& exception) {
  const ErrorParts parts = parts_of(exception);
  return {{"kind", static_cast<int>(kind_of(exception))},
          {"parts", {parts.where, parts.problem, parts.remedy, parts.setting}}};
}

/// What failures of several ranks come to.
Error joined_failure(const std::vector<Json>& failures) {
  const auto text = [&](int part) {
    return failures.front().at("parts").at(part).get<std::string>();
  };
  std::string problem = text(1);
  if (failures.size() > 1)
    problem += " (and " + std::to_string(failures.size() - 1) + " other process(es) failed)";
  return {static_cast<ErrorKind>(failures.front().at("kind").get<int>()),
          {text(0), problem, text(2), text(3)}};
}

/// What others shall hear of: lines of any bytes.
std::string packed(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Ranks::Ranks(std::unique_ptr<RankEngine> engine) : engine_(std::move(engine)) {
  const std::string here = machine() + '\n';
  const std::string cores = cores_in_use();
  const auto places = engine_->gather(here + cores);
  int sharing = 0;
  ranks_on_machine_ = 0;
  for (int other = 0; other < count(); ++other) {
    const std::string& place = places[static_cast<std::size_t>(other)];
    if (other < rank() && place.starts_with(here)) ++rank_on_machine_;
    if (place.starts_with(here)) ++ranks_on_machine_;
    if (place == here + cores) ++sharing;
  }
  threads_ = std::max(1, all_cores() / std::max(1, sharing));
}

Ranks::~Ranks() = default;

int Ranks::rank() const { return engine_->rank(); }

int Ranks::count() const { return engine_->count(); }

void Ranks::sum(const at::Tensor& values) { finish(start_sum(values)); }

RunningSum Ranks::start_sum(const at::Tensor& values) {
  traffic_.bytes += static_cast<std::int64_t>(values.nbytes());
  const auto start = Clock::now();
  return {start, engine_->start_sum({values.data_ptr(), static_cast<std::size_t>(values.numel()),
                                     number_of(values)})};
}

void Ranks::finish(RunningSum sum) {
  const auto start = Clock::now();
  const auto done = sum.done.get();
  traffic_.waited += seconds(Clock::now() - start);
  const auto alone_since = std::max(sum.started, last_done_);
  traffic_.under_way += seconds(std::max(done, alone_since) - alone_since);
  last_done_ = std::max(last_done_, done);
}

bool Ranks::any(bool mine) {
  const at::Tensor value = at::full({1}, mine ? 1 : 0, at::kLong);
  sum(value);
  return value.item<std::int64_t>() > 0;
}

void Ranks::take_over(const at::Tensor& values) {
  engine_->broadcast(values.data_ptr(), values.nbytes());
}

std::vector<std::string> Ranks::gather(const std::string& own) { return engine_->gather(own); }

std::string Ranks::leaders(const std::string& own) { return gather(leads() ? own : "").front(); }

void Ranks::wait_for_all() { engine_->wait_for_all(); }

void Ranks::deal_cases() { engine_->restart_counter(); }

std::int64_t Ranks::next_case() { return engine_->next(); }

void Ranks::do_together(const Reporter& reporter,
                        const std::function<void(const Reporter&)>& work) {
  Json news = {{"warnings", Json::array()}};
  Reporter own = reporter;
  if (!leads()) own.warning = [&](const std::string& line) { news["warnings"].push_back(line); };
  std::exception_ptr failure;
  try {
    work(own);
  } catch (const std::exception& exception) {
    failure = std::current_exception();
    news["failure"] = told(exception);
  }
  std::vector<Json> failures;
  const auto everyones = gather(packed(news));
  for (const std::string& text : everyones) {
    const Json others = Json::parse(text);
    if (others.contains("failure")) failures.push_back(others.at("failure"));
    if (leads())
      for (const Json& line : others.at("warnings")) reporter.warn(line.get<std::string>());
  }
  if (failures.empty()) return;
  if (failures.size() == 1 && failure) std::rethrow_exception(failure);
  throw joined_failure(failures);
}

void Ranks::fail(int exit_code) { engine_->fail(exit_code); }

void Ranks::note_traffic(const RankTraffic& more) {
  traffic_.bytes += more.bytes;
  traffic_.under_way += more.under_way;
  traffic_.waited += more.waited;
}

RankShare share_of(const Ranks* ranks, std::int64_t count) {
  if (!ranks) return {0, count};
  return {count * ranks->rank() / ranks->count(), count * (ranks->rank() + 1) / ranks->count()};
}

bool is_one_of_several() {
  // Open MPI's mpirun; MPICH's, and srun with its PMI; a step of srun, whatever it speaks.
  for (const char* size : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"})
    if (environment_number(size) > 1) return true;
  return false;
}

int rank_as_started() {
  for (const char* rank : {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID"})
    if (std::getenv(rank)) return environment_number(rank);
  return 0;
}

std::unique_ptr<Ranks> join_ranks(const OnLost& on_lost) {
  const auto join = reinterpret_cast<JoinRanks*>(plugin_function("mpi", "seg_join_ranks"));
  auto engine = join(patience(), on_lost);
  if (engine->count() == 1)
    throw Error("MPI", "the processes that were started together do not find each other",
                "start them with the mpirun of the MPI that seg was built with, or with srun "
                "--mpi=pmix");
  return std::make_unique<Ranks>(std::move(engine));
}

}  // namespace seg::data
