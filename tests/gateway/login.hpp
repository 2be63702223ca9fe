#pragma once

// What tests of a front need that has a login and writes logs.

#include <mote/gateway/log_sink.hpp>

#include <boost/beast/core/detail/base64.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace mote::test {

/// A log that is kept in memory.
struct kept_log {
    std::shared_ptr<std::string> text = std::make_shared<std::string>();
    gateway::log_sink sink() const {
        return [text = text](std::string_view lines) {
            text->append(lines);
            return lines.size();
        };
    }
};

inline std::string basic_login(const std::string& user, const std::string& password) {
    const auto plain = user + ":" + password;
    std::string encoded(boost::beast::detail::base64::encoded_size(plain.size()), '\0');
    encoded.resize(boost::beast::detail::base64::encode(encoded.data(), plain.data(), plain.size()));
    return "Basic " + encoded;
}

}  // namespace mote::test
