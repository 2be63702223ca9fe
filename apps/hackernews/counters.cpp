#include <apps/hackernews/counters.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace hackernews {

std::string to_json(const counters& counted) {
    boost::json::object skipped;
    for (std::size_t index = 0; index < skip_reason_count; ++index)
        if (counted.skipped[index] != 0)
            skipped.emplace(name_of(static_cast<skip_reason>(index)), counted.skipped[index]);
    boost::json::object all;
    all.emplace("received", counted.received);
    all.emplace("stored", counted.stored);
    all.emplace("failed", counted.failed);
    all.emplace("skipped", std::move(skipped));
    return boost::json::serialize(all);
}

}  // namespace hackernews
