/* The dot product of two arrays of 32-bit floats, for Python to call through ctypes.

   The loop holds no intrinsics. It keeps LANES independent sums, so that the compiler may put
   as many of them into one register as the CPU it builds for has room for, without changing
   what is computed. The same source so gives a build for every level of CPU. */

#include <stddef.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

#define LANES 32

static float
dot_once(const float *restrict a, const float *restrict b, size_t count)
{
    float sums[LANES] = {0.0f};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (int lane = 0; lane < LANES; lane++) {
            sums[lane] += a[i + lane] * b[i + lane];
        }
    }
    for (int half = LANES / 2; half > 0; half /= 2) {
        for (int lane = 0; lane < half; lane++) {
            sums[lane] += sums[lane + half];
        }
    }
    float sum = sums[0];
    for (; i < count; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

EXPORT float
dot(const float *a, const float *b, size_t count, size_t repeat)
{
    /* Volatile: every repetition has to be computed. */
    volatile float sum = 0.0f;
    for (size_t i = 0; i < repeat; i++) {
        sum = dot_once(a, b, count);
    }
    return sum;
}

/* What the compiler was allowed to use: the proof of which variant is loaded. */
EXPORT const char *
features(void)
{
#if defined(__AVX512F__)
    return "avx512f";
#elif defined(__AVX2__)
    return "avx2";
#elif defined(__SSE4_2__)
    return "sse4.2";
#elif defined(__SSE2__) || defined(_M_X64)
    return "sse2";
#elif defined(__ARM_FEATURE_SVE)
    return "sve";
#elif defined(__ARM_NEON)
    return "neon";
#else
    return "none";
#endif
}
