#include "predict/segment_cases.hpp"

#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "base/outcome.hpp"
#include "predict/case_probabilities.hpp"
#include "seg/data/bounded_queue.hpp"
#include "seg/data/image.hpp"
#include "seg/plan/stopwatch.hpp"
#include "seg/train/device.hpp"

namespace seg::train {
namespace {

/// The grid of a case in the next stage of a cascade.
data::TargetGrid next_stage_grid(const Segmenter& segmenter,
                                 const data::CaseProperties& properties) {
  const plan::Configuration& next = *segmenter.next_stage;
  const auto shape =
      data::keeps_shape(next.resampling_data)
          ? properties.shape_after_cropping
          : data::resampled_shape(properties.shape_after_cropping, properties.spacing,
                                  data::target_spacing(next, properties.spacing));
  return {shape, properties.target_spacing, properties.target_spacing,
          segmenter.experiment.configuration.resampling_probabilities};
}

SegmentOptions segment_options(const Segmenter& segmenter, const data::CaseProperties& properties) {
  const plan::Experiment& experiment = segmenter.experiment;
  SegmentOptions options{
      segmenter.window, {cropped_scan(properties, experiment.configuration)}, experiment.labels};
  if (segmenter.next_stage) options.grids.push_back(next_stage_grid(segmenter, properties));
  return options;
}

/// The three steps of a run.
class Pipeline {
 public:
  Pipeline(const Segmenter& segmenter, const CaseFlow& flow, Outcome& outcome)
      : segmenter_(segmenter), flow_(flow), outcome_(outcome) {}

  void run() {
    {
      std::jthread preparing([this] { beside_networks(&Pipeline::prepare); });
      std::jthread writing([this] {
        beside_networks(&Pipeline::write);
        drop(segmented_);
      });
      keep_failure([this] { segment(); });
      drop(prepared_);
    }
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  /// What nobody takes any more gives its memory back, for which another may wait.
  template <class Item>
  static void drop(data::BoundedQueue<Item>& queue) {
    queue.close();
    while (queue.pop()) {
    }
  }

  void beside_networks(void (Pipeline::*step)()) {
    keep_failure([&] {
      if (flow_.names.size() > 1) use_one_thread();
      (this->*step)();
    });
  }

  /// What a step throws that is no failure of one case, such as no memory for a message, ends all.
  template <class Step>
  void keep_failure(const Step& step) try {
    step();
  } catch (...) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::current_exception();
    prepared_.close();
    segmented_.close();
  }

  /// The result of `work`, and in a line how long it took.
  template <class Work>
  auto timed(const std::string& name, const char* done, const Work& work) {
    const Stopwatch watch;
    auto result = outcome_.attempt(name, work);
    if (result) outcome_.reporter().note("case " + name + ": " + done + " in " + watch.text());
    return result;
  }

  bool stopped() const { return flow_.stop && *flow_.stop; }

  std::size_t next() {
    return flow_.ranks ? static_cast<std::size_t>(flow_.ranks->next_case()) : next_++;
  }

  void prepare() {
    for (std::size_t i = next(); i < flow_.names.size() && !stopped(); i = next()) {
      auto done =
          timed(flow_.names[i], "prepared", [&] { return flow_.source(i, outcome_.reporter()); });
      if (done && !prepared_.push(std::move(*done))) break;
    }
    prepared_.close();
  }

  void segment() {
    while (auto item = prepared_.pop()) {
      if (stopped()) break;
      const std::string name = item->name;
      auto done =
          timed(name, "segmented", [&] { return segment_case(segmenter_, std::move(*item)); });
      if (done && !segmented_.push(std::move(*done))) break;
    }
    prepared_.close();
    segmented_.close();
  }

  void write() {
    while (const auto item = segmented_.pop()) {
      const auto written = timed(item->name, "written", [&] {
        flow_.sink(*item);
        return true;
      });
      if (!written) break;
      outcome_.finish(item->name);
    }
    prepared_.close();
    segmented_.close();
  }

  const Segmenter& segmenter_;
  const CaseFlow& flow_;
  Outcome& outcome_;
  std::size_t next_ = 0;
  std::mutex mutex_;
  std::exception_ptr failure_;
  data::BoundedQueue<PreparedCase> prepared_{1};
  data::BoundedQueue<SegmentedCase> segmented_{1};
};

}  // namespace

SegmentedCase segment_case(const Segmenter& segmenter, PreparedCase prepared) {
  SegmentOptions options = segment_options(segmenter, prepared.properties);
  options.window.scratch = prepared.room.scratch;
  ScoresOnScan scores(prepared.properties, segmenter.experiment, segmenter.scores,
                      prepared.room.scratch.scores);
  if (segmenter.scores.any())
    options.scores = [&](std::int64_t z, const at::Tensor& logits) { scores.put(z, logits); };
  const std::vector<at::Tensor> labels =
      segment_scan(segmenter.networks, std::exchange(prepared.input, {}), options);
  SegmentedCase segmented{.name = prepared.name,
                          .labels = {},
                          .next_stage = {},
                          .scores = scores.result(),
                          .properties = prepared.properties,
                          .room = std::move(prepared.room)};
  segmented.labels = uncropped(labels[0], prepared.properties, segmenter.experiment.plans);
  if (segmenter.next_stage) segmented.next_stage = labels[1];
  return segmented;
}

std::vector<std::string> segment_cases(const Segmenter& segmenter, const CaseFlow& flow,
                                       const Reporter& reporter) {
  if (flow.ranks) flow.ranks->deal_cases();
  return finished_cases({flow.names.size(), flow.activity, "segmented", flow.ranks}, reporter,
                        [&](Outcome& outcome) { Pipeline(segmenter, flow, outcome).run(); });
}

void write_segmentation(const SegmentationFiles& files, const SegmentedCase& segmented) {
  if (segmented.scores.probabilities.defined())
    write_case_probabilities(files.stem, segmented.scores.probabilities, segmented.properties);
  data::write_label_map(files.labels, segmented.labels, segmented.properties.geometry);
}

}  // namespace seg::train
