// To be included before any header of Asio or Beast: their non-template code is compiled once, in asio_impl.cc.
#pragma once

#define BOOST_ASIO_SEPARATE_COMPILATION
#define BOOST_BEAST_SEPARATE_COMPILATION
#define BOOST_ASIO_NO_DEPRECATED

// ThreadSanitizer does not know fences; the mutexes of Asio's scheduler order everything without them.
#if defined(__SANITIZE_THREAD__)
#define BOOST_ASIO_DISABLE_FENCED_BLOCK
#endif
