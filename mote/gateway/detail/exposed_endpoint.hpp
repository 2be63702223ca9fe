#pragma once

#include <mote/micro/found_service.hpp>

#include <boost/json/value.hpp>
#include <memory>
#include <utility>

namespace mote::gateway::detail {

/// An endpoint that may be asked by HTTP, with what its metadata says of that, read once.
struct exposed_endpoint : micro::found_endpoint {
    explicit exposed_endpoint(micro::found_endpoint found);

    bool takes_json = false;
    boost::json::value request_schema{};  ///< null: none
};

using endpoint_pointer = std::shared_ptr<const exposed_endpoint>;

}  // namespace mote::gateway::detail
