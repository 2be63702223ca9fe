#pragma once

#include <tests/nats/scripted_server.hpp>

#include <array>
#include <cstdint>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mote::test {

enum class opcode : unsigned char { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// A frame of a server: not masked.
inline std::string ws_frame(opcode code, std::string_view payload, bool last = true) {
    std::string frame(1, static_cast<char>(static_cast<unsigned>(code) | (last ? 0x80U : 0U)));
    const auto put = [&](int bytes) {
        for (int i = bytes - 1; i >= 0; --i)
            frame += static_cast<char>((payload.size() >> (8U * static_cast<unsigned>(i))) & 0xffU);
    };
    if (payload.size() < 126) {
        put(1);
    } else if (payload.size() < 65'536) {
        frame += static_cast<char>(126);
        put(2);
    } else {
        frame += static_cast<char>(127);
        put(8);
    }
    return frame.append(payload);
}

/// The payload of a close frame.
inline std::string close_payload(unsigned code, std::string_view reason) {
    std::string text{static_cast<char>(code >> 8U), static_cast<char>(code & 0xffU)};
    return text.append(reason);
}

/// A frame of the client.
struct client_frame {
    opcode code{};
    std::string payload;
};

/// The server's side of a WebSocket, for scripts.
class ws_script {
public:
    explicit ws_script(scripted_link& link) : link_(link) {}

    /// Takes the request; returns it.
    const std::string& take_request() {
        request_ = link_.read_until("\r\n\r\n");
        return request_;
    }
    /// The answer that accepts the request.
    std::string acceptance(std::string_view more_fields = {}) const {
        constexpr std::string_view field = "Sec-WebSocket-Key: ";
        const auto begin = request_.find(field) + field.size();
        const auto key = request_.substr(begin, request_.find("\r\n", begin) - begin);
        const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, 1.3
        std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
        SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
        std::array<unsigned char, 64> encoded{};
        EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(digest.size()));
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
               "Upgrade\r\nSec-WebSocket-Accept: " +
               std::string(reinterpret_cast<const char*>(encoded.data())) + "\r\n" + std::string(more_fields) + "\r\n";
    }
    void accept() {
        take_request();
        link_.send(acceptance());
    }
    void send(std::string_view payload) { link_.send(ws_frame(opcode::binary, payload)); }

    client_frame next_frame() {
        const auto head = take(2);
        if ((byte(head, 1) & 0x80U) == 0) throw std::runtime_error("a frame of the client that is not masked");
        std::size_t size = byte(head, 1) & 0x7fU;
        if (size > 125) {
            const auto more = take(size == 126 ? 2 : 8);
            size = 0;
            for (std::size_t i = 0; i < more.size(); ++i) size = (size << 8U) | byte(more, i);
        }
        const auto mask = take(4);
        client_frame frame{static_cast<opcode>(byte(head, 0) & 0x0fU), take(size)};
        for (std::size_t i = 0; i < size; ++i) frame.payload[i] = static_cast<char>(frame.payload[i] ^ mask[i % 4]);
        return frame;
    }
    /// Reads data until `text` has come, and returns all of it. Control frames are left out.
    std::string read_until(std::string_view text) {
        std::string all;
        while (all.find(text) == std::string::npos) {
            const auto frame = next_frame();
            if (frame.code == opcode::close) throw std::runtime_error("the client closed");
            if (frame.code == opcode::binary || frame.code == opcode::continuation) all += frame.payload;
        }
        return all;
    }
    static std::string info() {
        return "INFO "
               "{\"server_id\":\"S\",\"version\":\"2.10.0\",\"proto\":1,\"headers\":true,\"max_payload\":1048576}\r\n";
    }
    /// Upgrade, INFO, CONNECT and PING, PONG.
    std::string greet() {
        accept();
        send(info());
        auto hello = read_until("PING\r\n");
        send("PONG\r\n");
        return hello;
    }

private:
    static unsigned byte(std::string_view text, std::size_t index) { return static_cast<unsigned char>(text[index]); }

    std::string take(std::size_t count) {
        while (unread_.size() < count) {
            const auto more = link_.read_some();
            if (more.empty()) throw std::runtime_error("the client closed in a frame");
            unread_ += more;
        }
        auto taken = unread_.substr(0, count);
        unread_.erase(0, count);
        return taken;
    }

    scripted_link& link_;
    std::string request_;
    std::string unread_;
};

}  // namespace mote::test
