#pragma once

#include <mote/json/decode.hpp>
#include <mote/json/encode.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace mote::json::test {

/// What `decode<T>` says of a text that it refuses; `accepted` when it does not.
template <class T>
std::string refused(std::string_view text, const decode_options& options = {}) {
    try {
        decode<T>(text, options);
    } catch (const decode_error& error) {
        return error.what();
    }
    return "accepted";
}

/// The code of the same; nothing when it is accepted.
template <class T>
boost::system::error_code code_of(std::string_view text, const decode_options& options = {}) {
    try {
        decode<T>(text, options);
    } catch (const decode_error& error) {
        return error.code();
    }
    return {};
}

/// The same for `encode`.
template <class T>
std::string unsayable(const T& value) {
    try {
        return "encoded as " + encode(value);
    } catch (const encode_error& error) {
        return error.what();
    }
}

/// What `encode` writes is read as an equal value.
template <class T>
void expect_round_trip(const T& value, std::string_view text) {
    SCOPED_TRACE(text);
    EXPECT_EQ(encode(value), text);
    EXPECT_EQ(decode<T>(text), value);
}

}  // namespace mote::json::test
