#pragma once

#include <mote/http/client.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <string>
#include <utility>

namespace mote::test {

/// Asks, and waits for the answer.
inline http::response fetch(http::request asked) {
    boost::asio::io_context loop;
    http::client_options options;
    options.proxy = "";
    options.timeout = std::chrono::seconds(40);
    http::client client(loop.get_executor(), options);
    auto answered = boost::asio::co_spawn(loop, client.send(std::move(asked)), boost::asio::use_future);
    loop.run();
    return answered.get();
}

inline http::response fetch(const std::string& method, const std::string& url, const std::string& body = {}) {
    http::request asked(method, url);
    asked.body = body;
    return fetch(std::move(asked));
}

}  // namespace mote::test
