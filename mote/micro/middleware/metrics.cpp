#include <mote/micro/middleware/metrics.hpp>

#include <mote/micro/call_watch.hpp>
#include <mote/micro/info.hpp>

#include <memory>
#include <stdexcept>
#include <utility>

namespace mote::micro {

middleware metrics(std::function<void(const request_metric&)> sink) {
    if (!sink) throw std::invalid_argument("metrics needs a sink");
    const auto kept = std::make_shared<const std::function<void(const request_metric&)>>(std::move(sink));
    return before([kept](request& req) {
        request_metric metric;
        metric.endpoint = req.endpoint().name;
        metric.subject = req.endpoint().subject;
        metric.bytes_in = req.data().size();
        at_end(req, [kept, metric = std::move(metric)](const call_end& ended) mutable {
            metric.status = ended.status;
            metric.took = ended.took;
            (*kept)(metric);
        });
    });
}

}  // namespace mote::micro
