#pragma once

#include <mote/micro/client.hpp>
#include <mote/micro/codec.hpp>

#include <exception>
#include <string>
#include <utility>

namespace mote::micro {

namespace detail {

/// Throws `errc::undecodable_reply` with what the codec said.
template <class Reply>
Reply decode_reply(const nats::message& reply, const std::string& whose) {
    try {
        return codec<Reply>::decode(reply.payload());
    } catch (const std::exception& failed) {
        throw_error(errc::undecodable_reply, whose + ": " + failed.what());
    }
}

template <class Reply>
boost::asio::awaitable<Reply> decoded(boost::asio::awaitable<nats::message> asked, std::string whose) {
    const auto reply = co_await std::move(asked);
    co_return decode_reply<Reply>(reply, whose);
}

template <class Item>
boost::asio::awaitable<typed_reader<Item>> typed_items(boost::asio::awaitable<reply_reader> asked) {
    auto items = co_await std::move(asked);
    co_return typed_reader<Item>(std::move(items));
}

template <class Reply>
instance_reply<Reply> decode_entry(instance_reply<nats::message>& entry, const std::string& whose) {
    instance_reply<Reply> made;
    made.id = std::move(entry.id);
    made.version = std::move(entry.version);
    made.error = entry.error;
    made.code = entry.code;
    if (!entry.reply) return made;
    try {
        made.reply = decode_reply<Reply>(*entry.reply, whose);
    } catch (...) {
        made.error = std::current_exception();
        made.code = errc::undecodable_reply;
    }
    return made;
}

template <class Reply>
boost::asio::awaitable<std::vector<instance_reply<Reply>>> all_decoded(
    boost::asio::awaitable<std::vector<instance_reply<nats::message>>> asked, std::string whose) {
    auto entries = co_await std::move(asked);
    std::vector<instance_reply<Reply>> made;
    made.reserve(entries.size());
    for (auto& entry : entries) made.push_back(decode_entry<Reply>(entry, whose));
    co_return made;
}

}  // namespace detail

template <class Reply, class Request>
boost::asio::awaitable<Reply> client::call(std::string service, std::string endpoint, Request request,
                                           call_options opts) const {
    std::string payload;
    codec<Request>::encode(request, payload);
    auto asked = call(service, endpoint, std::move(payload), std::move(opts));
    return detail::decoded<Reply>(std::move(asked), service + "/" + endpoint);
}

template <class Reply, class Request>
boost::asio::awaitable<Reply> client::call_subject(std::string subject, Request request, call_options opts) const {
    std::string payload;
    codec<Request>::encode(request, payload);
    auto asked = call_subject(subject, std::move(payload), std::move(opts));
    return detail::decoded<Reply>(std::move(asked), std::move(subject));
}

template <class Item, class Request>
boost::asio::awaitable<typed_reader<Item>> client::read_stream(std::string service, std::string endpoint,
                                                               Request request, stream_options opts) const {
    std::string payload;
    codec<Request>::encode(request, payload);
    return detail::typed_items<Item>(
        read_stream(std::move(service), std::move(endpoint), std::move(payload), std::move(opts)));
}

template <class Reply, class Request>
boost::asio::awaitable<std::vector<instance_reply<Reply>>> client::call_all(std::string service, std::string endpoint,
                                                                            Request request,
                                                                            gather_options opts) const {
    std::string payload;
    codec<Request>::encode(request, payload);
    auto asked = call_all(service, endpoint, std::move(payload), std::move(opts));
    return detail::all_decoded<Reply>(std::move(asked), service + "/" + endpoint);
}

}  // namespace mote::micro
