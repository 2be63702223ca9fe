#include <mote/gateway/detail/exposed_endpoint.hpp>

#include <boost/json/parse.hpp>

namespace mote::gateway::detail {

exposed_endpoint::exposed_endpoint(micro::found_endpoint found)
    : micro::found_endpoint(std::move(found)),
      takes_json(micro::metadata_value(metadata, "mote.request.type").starts_with("application/json")) {
    boost::json::error_code failed;  // one that is none is as if there were none
    if (takes_json) request_schema = boost::json::parse(micro::metadata_value(metadata, "mote.request.schema"), failed);
}

}  // namespace mote::gateway::detail
