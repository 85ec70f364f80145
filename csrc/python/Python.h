/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of CPython's stable ABI that cffi's glue needs, for machines that
 * have Python but not its development files; build.py prefers the real header.
 * Declarations as in CPython's documentation ("Stable Application Binary
 * Interface", the same from 3.2 on); objects are opaque and counts go through
 * functions, so nothing here depends on a version or a build of CPython.
 */
#ifndef PYFUZZ_PYTHON_H
#define PYFUZZ_PYTHON_H

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PY_MAJOR_VERSION 3
#define PY_VERSION_HEX 0x030b0000

typedef struct _object PyObject;
typedef struct _typeobject PyTypeObject;
typedef struct _ts PyThreadState;
typedef intptr_t Py_ssize_t;

#define PyMODINIT_FUNC __attribute__((visibility("default"))) PyObject *

extern struct _object _Py_NoneStruct;
#define Py_None (&_Py_NoneStruct)

void Py_IncRef(PyObject *object);
void Py_DecRef(PyObject *object); /* NULL is allowed, in both */
#define Py_INCREF(object) Py_IncRef((PyObject *)(object))
#define Py_DECREF(object) Py_DecRef((PyObject *)(object))
#define Py_XDECREF(object) Py_DecRef((PyObject *)(object))

PyThreadState *PyEval_SaveThread(void);
void PyEval_RestoreThread(PyThreadState *state);
#define Py_BEGIN_ALLOW_THREADS \
	{                      \
		PyThreadState *_save = PyEval_SaveThread();
#define Py_END_ALLOW_THREADS         \
	PyEval_RestoreThread(_save); \
	}

void __attribute__((noreturn)) Py_FatalError(const char *message);
PyObject *PyErr_Occurred(void);
int PyArg_UnpackTuple(PyObject *arguments, const char *name, Py_ssize_t min,
		      Py_ssize_t max, ...);
PyObject *PyImport_ImportModule(const char *name);
PyObject *PyObject_CallMethod(PyObject *object, const char *name,
			      const char *format, ...);
void *PyObject_Malloc(size_t size);
void PyObject_Free(void *memory);

PyObject *PyBool_FromLong(long value);
PyObject *PyFloat_FromDouble(double value);
double PyFloat_AsDouble(PyObject *object);
PyObject *PyLong_FromLong(long value);
PyObject *PyLong_FromUnsignedLong(unsigned long value);
PyObject *PyLong_FromLongLong(long long value);
PyObject *PyLong_FromUnsignedLongLong(unsigned long long value);
PyObject *PyLong_FromVoidPtr(void *pointer);

#endif
