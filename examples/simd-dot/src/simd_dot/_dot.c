/* dot(a, b, repeat=1): the dot product of two buffers of 32-bit floats.

   The loop holds no intrinsics. It keeps LANES independent sums, so that the compiler may put
   as many of them into one register as the CPU it builds for has room for, without changing
   what is computed. The same source so gives a build for every level of CPU. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

#define LANES 32

static float
dot_floats(const float *restrict a, const float *restrict b, Py_ssize_t count)
{
    float sums[LANES] = {0.0f};
    Py_ssize_t i = 0;
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

static int
check_floats(const Py_buffer *view)
{
    if (view->format == NULL || strcmp(view->format, "f") != 0) {
        PyErr_SetString(PyExc_TypeError, "expected a buffer of 32-bit floats");
        return -1;
    }
    return 0;
}

static PyObject *
dot(PyObject *module, PyObject *args)
{
    PyObject *first, *second;
    Py_buffer a, b;
    long repeat = 1;
    PyObject *result = NULL;

    if (!PyArg_ParseTuple(args, "OO|l:dot", &first, &second, &repeat)) {
        return NULL;
    }
    if (PyObject_GetBuffer(first, &a, PyBUF_CONTIG_RO | PyBUF_FORMAT) < 0) {
        return NULL;
    }
    if (PyObject_GetBuffer(second, &b, PyBUF_CONTIG_RO | PyBUF_FORMAT) < 0) {
        PyBuffer_Release(&a);
        return NULL;
    }
    if (check_floats(&a) == 0 && check_floats(&b) == 0) {
        if (a.len != b.len) {
            PyErr_SetString(PyExc_ValueError, "expected two buffers of the same length");
        }
        else {
            Py_ssize_t count = a.len / (Py_ssize_t)sizeof(float);
            /* Volatile: every repetition has to be computed. */
            volatile float sum = 0.0f;
            Py_BEGIN_ALLOW_THREADS
            for (long i = 0; i < repeat; i++) {
                sum = dot_floats(a.buf, b.buf, count);
            }
            Py_END_ALLOW_THREADS
            result = PyFloat_FromDouble(sum);
        }
    }
    PyBuffer_Release(&b);
    PyBuffer_Release(&a);
    return result;
}

/* What the compiler was allowed to use: the proof of which variant is loaded. */
static PyObject *
features(PyObject *module, PyObject *ignored)
{
    return PyUnicode_FromString(
#if defined(__AVX512F__)
        "avx512f"
#elif defined(__AVX2__)
        "avx2"
#elif defined(__SSE4_2__)
        "sse4.2"
#elif defined(__SSE2__) || defined(_M_X64)
        "sse2"
#elif defined(__ARM_FEATURE_SVE)
        "sve"
#elif defined(__ARM_NEON)
        "neon"
#else
        "none"
#endif
    );
}

static PyMethodDef methods[] = {
    {"dot", dot, METH_VARARGS, "dot(a, b, repeat=1): the dot product, computed repeat times"},
    {"features", features, METH_NOARGS, "features(): the widest instruction set in use"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "simd_dot._dot", .m_size = 0, .m_methods = methods,
};

PyMODINIT_FUNC
PyInit__dot(void)
{
    return PyModuleDef_Init(&definition);
}
